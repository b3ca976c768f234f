"""What `python -m model train` and `score` do, beyond reading their arguments."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from model import artefact
from model import schema as schemas
from model.contract import Contract
from model.training import fitting, job, loading, matrix, timeline
from model.training.columns import Array
from model.training.options import Options
from model.training.problems import Rejections, TrainingError

BLOCK_ROWS = 100_000
COLUMNS = ("transaction_id", "fraud_probability", "score", "outcome")


def train(
    schema: Path | None,
    data: list[Path],
    out: Path,
    threads: int,
    champion: Path | None,
    options: dict[str, str],
    say: Callable[[str], None],
) -> None:
    chosen = Options.from_texts(options)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        model_dir = Path(scratch) / "model"
        asked = schemas.load(schema or schemas.PACKAGED)
        job.run(job.Job(asked, _named(data), model_dir, out, threads, chosen, None, say, champion))
        artefact.pack(model_dir, out / "model.tar.gz")
    say(str(out / "model.tar.gz"))


def score(
    model: Path, data: list[Path], history: list[Path], out: Path, threads: int, warn: Callable[[str], None]
) -> None:
    """Scores the data in time as the API would have done. Rows that break the schema get no score: they are set aside
    beside the output, and the warning says how many."""
    contract, booster = loading.load(model)
    booster.set_param({"nthread": threads})
    rejected = Rejections()
    table, asked = timeline.read(contract.schema, _named(data), _named(history), rejected)
    rows = matrix.matrix(contract.schema, table, contract.categories)
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for first in range(0, len(asked), BLOCK_ROWS):
            block = asked[first : first + BLOCK_ROWS]
            writer.writerows(_scored(contract, booster, table.ids.take(pa.array(block)).to_pylist(), rows[block]))
    if rejected.rows:
        aside = out.with_suffix(".rejected.csv")
        rejected.write(aside)
        warn(f"{len(rejected.rows)} unusable rows were set aside in {aside}; the first is {rejected.rows[0]}")


def _scored(contract: Contract, booster: Any, ids: list[str], rows: Array) -> list[tuple[str, str, int, str]]:
    probabilities = fitting.predict(booster, rows, contract.calibration).tolist()
    return [
        (name, f"{probability:.9g}", contract.probability_to_score(probability), contract.outcome(probability))
        for name, probability in zip(ids, probabilities, strict=True)
    ]


def _named(data: list[Path]) -> list[tuple[str, Path]]:
    for path in data:
        if not path.is_file():
            raise TrainingError(f"{path}: is not a file")
    return [(str(path), path) for path in data]
