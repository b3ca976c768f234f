"""One training from files to model directory; SageMaker's train.py and the command line both run it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model import features
from model.contract import Contract
from model.schema import Schema
from model.training import evaluation, fitting, golden, lookback, matrix, saving
from model.training.baseline import judge_baseline
from model.training.champion import Challenger, judge_champion
from model.training.columns import Array
from model.training.directions import directions
from model.training.duplicates import without_duplicates
from model.training.evaluation import influence, summary
from model.training.fitting import Fitted, Lesson, Options
from model.training.problems import Rejections
from model.training.shipping import learned_by, ship
from model.training.split import part, split
from model.training.table import UNLABELLED, Table, read_files

Files = Sequence[tuple[str, Path]]


@dataclass(frozen=True)
class Job:
    schema: Schema
    files: Files
    model_dir: Path
    output_dir: Path
    threads: int
    options: Options
    name: str | None  # without one, the model is called after a hash of everything that went into it
    say: Callable[[str], None]
    champion: Path | None = None  # holds the model.tar.gz of the model that serves


def run(job: Job) -> dict[str, Any]:
    """Trains and writes everything; answers with the evaluation."""
    name = job.name or f"local-{_fingerprint(job)}"
    rejected = Rejections()
    try:
        table, counts = _read(job, rejected)
    finally:
        rejected.write(job.output_dir / "rejected.csv")
    job.say(f"rows={counts['read']}; rejected={counts['rejected']}; unlabelled={counts['unlabelled']};")

    parts = split(job.schema, table)
    categories = matrix.learn_categories(job.schema, table, parts.fitting)
    rows = matrix.matrix(job.schema, table, categories)
    fitted_on, judged_on = table.take(parts.fitting), table.take(parts.holdout)
    rows_to_judge = part(rows, parts.holdout)
    names = features.names(job.schema)
    lesson = Lesson(part(rows, parts.fitting), fitted_on.label, names, directions(job.schema.history_plan))
    fitted = fitting.fit(lesson, fitted_on.time, job.options, job.threads)
    job.say(f"rounds={fitted.rounds};")

    probability = fitting.predict(fitted.booster, rows_to_judge, fitted.calibration)
    prices = evaluation.prices(job.schema, judged_on)
    calibration = evaluation.calibrate(judged_on.label, probability, job.schema.thresholds, prices)
    holdout = evaluation.Holdout(
        job.schema, names, categories, fitted_on, lesson.rows, judged_on, rows_to_judge, probability
    )
    result: dict[str, Any] = {
        "model": name,
        "metrics": evaluation.judge(judged_on.label, probability, calibration.review_from),
        "thresholds": {"review": calibration.review_from, "block": calibration.block_from},
        "data": {
            "rows": counts,
            "rejected": summary.reasons(rejected),
            "columns": summary.summarise(job.schema, table),
            "parts": {
                "fitting": _period(table, parts.fitting),
                "label_delay": _period(table, parts.waiting),
                "hold_out": _period(table, parts.holdout),
                "immature": _period(table, parts.immature),
            },
        },
        "training": _training(fitted),
        "importance": fitted.importance(),
        "influence": influence.judge_influence(fitted.booster, rows_to_judge, names, job.options.seed, job.threads),
    } | evaluation.judge_in_depth(holdout, calibration)
    challenger = Challenger(
        job.schema, job.files, table, parts.holdout, rows_to_judge, probability, calibration,
        trained_until=int(fitted_on.time.max()),
        caught_up=lambda until: learned_by(until, table, parts, rows, (fitted, lesson), job.threads),
    )  # fmt: skip
    result["champion"] = judge_champion(job.champion, challenger)
    result["baseline"] = judge_baseline(fitted, lesson, fitted_on.time, judged_on.label, rows_to_judge, job.threads)
    for metric in ("roc_auc", "average_precision"):
        job.say(f"{metric}={result['metrics'][metric]};")

    shipped = ship(job.schema, table, parts, rows, (fitted, lesson, categories), job.threads)
    result["data"]["shipped"] = _period(table, shipped.learned)
    contract = Contract(
        model=name,
        schema=job.schema,
        features=names,
        categories=shipped.categories,
        review_from=calibration.review_from,
        block_from=calibration.block_from,
        score_map=calibration.score_map,
        calibration=fitted.calibration,
        trained_until=_moment(int(table.time[shipped.learned].max())).isoformat(),
    )
    saving.write_outputs(job.output_dir, result)
    plan = job.schema.history_plan
    lookback.write(job.output_dir / "history", plan, lookback.states(plan, table))
    tried = part(rows, parts.holdout)[golden.choose(probability)]
    saving.write_model(job.model_dir, shipped.booster, contract, result, golden.gild(contract, shipped.booster, tried))
    return result


def _training(fitted: Fitted) -> dict[str, Any]:
    found = {"rounds": fitted.rounds, "early_stopped_on": fitted.early_stopped_on} | fitted.options.as_dict()
    return found | ({"search": fitted.trials} if fitted.trials else {})


def _read(job: Job, rejected: Rejections) -> tuple[Table, dict[str, int]]:
    table = read_files(job.schema, job.files, rejected)
    read = len(table) + len(rejected.rows)
    table, copies = without_duplicates(table, job.schema.id_column or "transaction_id", rejected)
    rejected.enforce(job.schema.rejected_rows_limit, read)
    return table.labelled_first(), {
        "read": read,
        "rejected": len(rejected.rows),
        "duplicates_dropped": copies,
        "unlabelled": int((table.label == UNLABELLED).sum()),
        "used": len(table),
    }


def _period(table: Table, rows: Array) -> dict[str, Any]:
    """How many, how many of them fraud, and when."""
    if len(rows) == 0:
        return {"rows": 0, "fraud": 0, "from": "", "to": ""}
    time = table.time[rows]
    return {
        "rows": len(rows),
        "fraud": int(table.label[rows].sum()),
        "from": _iso(int(time.min())),
        "to": _iso(int(time.max())),
    }


def _iso(microseconds: int) -> str:
    return _moment(microseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _fingerprint(job: Job) -> str:
    digest = hashlib.sha256(json.dumps([job.schema.to_dict(), job.options.as_dict()], sort_keys=True).encode())
    for _, path in job.files:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    for path in saving.sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
