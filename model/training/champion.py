"""The model that serves, tried on the transactions of the hold-out that it has not learned from either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import xgboost

from model import features, timestamps
from model.artefact import ArtefactError
from model.contract import Contract
from model.schema import Schema, SchemaError
from model.training import fitting, loading, matrix
from model.training.columns import Array
from model.training.duplicates import without_duplicates
from model.training.evaluation import Calibration, comparison, prices
from model.training.evaluation.costs import judge_costs
from model.training.evaluation.money import amount_field, judge_threshold
from model.training.evaluation.ranking import judge_ranking
from model.training.problems import Rejections, TrainingError
from model.training.table import Table, read_files

FEWEST = 20  # of each class: with fewer no interval means anything


class NoComparisonError(Exception):
    """Why the two models cannot be compared: `reason` for programs, the message for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Challenger:
    """The new model: what it was made from, and what it sees and says of the hold-out (positions in the table).

    `caught_up` is what it would say if it had learned from all labels up to a moment: what serves was fitted on its own
    hold-out too, in the end, and so often knows newer frauds than the model that is being judged."""

    schema: Schema
    files: Sequence[tuple[str, Path]]
    table: Table
    holdout: Array
    rows: Array
    probability: Array
    calibration: Calibration
    trained_until: int
    caught_up: Callable[[int], Array]


def judge_champion(directory: Path | None, challenger: Challenger) -> dict[str, Any]:
    """`directory` holds the champion's model.tar.gz."""
    try:
        return {"compared": True} | _compare(directory, challenger)
    except NoComparisonError as none:
        return {"compared": False, "reason": none.reason, "text": str(none)}


def _compare(directory: Path | None, challenger: Challenger) -> dict[str, Any]:
    if directory is None:
        raise NoComparisonError("no_champion", "no model was serving when this one was trained")
    contract, booster = _load(directory)
    until = _until(contract)
    later = np.flatnonzero(challenger.table.time[challenger.holdout] > until)
    later, its_rows = _its_rows(contract, challenger, later)
    judged = challenger.table.take(challenger.holdout[later])
    frauds = int(judged.label.sum())
    if min(frauds, len(judged) - frauds) < FEWEST:
        raise NoComparisonError(
            "too_few_rows",
            f"only {len(judged):,} transactions of the hold-out, {frauds:,} of them fraud, are later than "
            f"{contract.trained_until}, until when model {contract.model} was trained",
        )
    its_probability = fitting.predict(booster, its_rows, contract.calibration)
    newest = max(until, challenger.trained_until)
    of_all = challenger.caught_up(until) if until > challenger.trained_until else challenger.probability
    probability = of_all[later]
    its_thresholds = Calibration(contract.review_from, contract.block_from, contract.score_map)
    return {
        "model": contract.model,
        "trained_until": contract.trained_until,
        "challenger_trained_until": _iso(newest),
        "rows": len(judged),
        "fraud": frauds,
        "from": _iso(judged.time.min()),
        "to": _iso(judged.time.max()),
        "champion": _figures(challenger.schema, judged, its_probability, its_thresholds),
        "challenger": _figures(challenger.schema, judged, probability, challenger.calibration),
        "difference": comparison.difference(judged.label, probability, its_probability),
    }


def _load(directory: Path) -> tuple[Contract, Any]:
    try:
        return loading.load(directory)
    except (ArtefactError, xgboost.core.XGBoostError) as error:
        raise NoComparisonError("unusable", f"the artefact of the model that serves cannot be used: {error}") from None


def _until(contract: Contract) -> int:
    if not contract.trained_until:
        text = f"model {contract.model} is too old to say until when it was trained"
        raise NoComparisonError("unknown_period", text)
    return timestamps.microseconds(timestamps.parse(contract.trained_until))


def _its_rows(contract: Contract, challenger: Challenger, later: Array) -> tuple[Array, Array]:
    """Which of these rows of the hold-out the champion can read, and its features of them as its trees take them."""
    made = features.names(contract.schema)
    missing = [name for name in contract.features if name not in made]
    if missing:
        text = f"model {contract.model} uses features that are not made any more: {', '.join(missing[:5])}"
        raise NoComparisonError("other_features", text)
    if contract.schema.reads_as(challenger.schema):
        rows = _with_same_history(contract, challenger, later)
    else:
        later, rows = _read_again(contract, challenger, later)
    return later, rows if made == contract.features else rows[:, [made.index(name) for name in contract.features]]


def _with_same_history(contract: Contract, challenger: Challenger, later: Array) -> Array:
    """Only what the champion's own categories make of the rows can differ."""
    rows = challenger.rows[later]
    matrix.fill_present(contract.schema, challenger.table.take(challenger.holdout[later]), contract.categories, rows)
    return rows


def _read_again(contract: Contract, challenger: Challenger, later: Array) -> tuple[Array, Array]:
    """The same files as the champion's schema reads them; a row that it refuses is left out."""
    rejected = Rejections()
    try:
        table = read_files(contract.schema, challenger.files, rejected)
    except (TrainingError, SchemaError) as error:
        text = f"the files cannot be read by the schema of model {contract.model}: {error}"
        raise NoComparisonError("other_columns", text) from None
    table, _ = without_duplicates(table, contract.schema.id_column or "", rejected)
    found = pc.index_in(challenger.table.ids.take(challenger.holdout[later]), value_set=table.ids)
    places = found.fill_null(-1).to_numpy(zero_copy_only=False)
    rows = matrix.matrix(contract.schema, table, contract.categories)[places[places >= 0]]
    return later[places >= 0], rows


def _figures(schema: Schema, judged: Table, probability: Array, calibration: Calibration) -> dict[str, Any]:
    """Each model at its own thresholds."""
    name, priced = amount_field(schema), prices(schema, judged)
    amount = judged.values[name] if name else None
    pair = calibration.review_from, calibration.block_from
    found = judge_ranking(judged.label, probability) | {
        "at_thresholds": {
            kind: judge_threshold(judged.label, probability, threshold, amount)
            for kind, threshold in zip(("review", "block"), pair, strict=True)
        }
    }
    return found | ({"costs": judge_costs(judged.label, probability, priced, *pair)} if priced else {})


def _iso(microseconds: int) -> str:
    return (timestamps.EARLIEST + timedelta(microseconds=int(microseconds))).isoformat()
