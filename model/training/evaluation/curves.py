"""The figures behind the report's plots and its slider: at most 101 points each, whatever the size of the hold-out."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.training.columns import Array
from model.training.evaluation.costs import loss
from model.training.evaluation.thresholds import Calibration, threshold

SHARES = np.concatenate([[0.0], np.geomspace(0.0002, 0.5, 98)])  # of legitimate transactions stopped
GRID = np.arange(101) / 100
BAND = 50  # of the score, for its distribution


def judge_curves(label: Array, probability: Array, calibration: Calibration, amount: Array | None) -> dict[str, Any]:
    order = np.argsort(-probability, kind="stable")
    ranked, fraud = probability[order], label[order] == 1
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of each run of equal probabilities
    caught, stopped = np.cumsum(fraud)[last], np.cumsum(~fraud)[last]
    found: dict[str, Any] = {
        "roc": _roc(caught, stopped),
        "precision_recall": _precision_recall(caught, stopped),
        "scores": _scores(label, probability, calibration),
        "by_threshold": _by_threshold(ranked, fraud, calibration, None if amount is None else amount[order]),
    }
    if amount is not None:
        found["fraud_loss"] = round(float(loss(amount)[label == 1].sum()), 2)
    return found


def _roc(caught: Array, stopped: Array) -> dict[str, list[float]]:
    """The recall at the highest false positive rate up to each point of the grid."""
    at = np.searchsorted(stopped, np.floor(GRID * stopped[-1] + 1e-9), side="right") - 1
    recall = np.where(at >= 0, caught[at] / caught[-1], 0.0)
    return {"false_positive_rate": GRID.tolist(), "recall": _list(recall)}


def _precision_recall(caught: Array, stopped: Array) -> dict[str, list[float]]:
    """The precision at the first threshold that reaches each recall."""
    at = np.searchsorted(caught, np.ceil(GRID[1:] * caught[-1] - 1e-9), side="left")
    return {"recall": GRID[1:].tolist(), "precision": _list(caught[at] / (caught[at] + stopped[at]))}


def scores_of(probability: Array, calibration: Calibration) -> Array:
    knots, scores = zip(*calibration.score_map, strict=True)
    found: Array = np.interp(probability, knots, scores).astype(np.int64)
    return found


def _scores(label: Array, probability: Array, calibration: Calibration) -> dict[str, list[Any]]:
    band = np.minimum(scores_of(probability, calibration), 999) // BAND
    return {
        "from": list(range(0, 1000, BAND)),
        "fraud": np.bincount(band[label == 1], minlength=1000 // BAND).tolist(),
        "legit": np.bincount(band[label == 0], minlength=1000 // BAND).tolist(),
    }


def _by_threshold(ranked: Array, fraud: Array, calibration: Calibration, amount: Array | None) -> dict[str, list[Any]]:
    """What flagging from each threshold on would catch and stop, the strictest threshold last."""
    legit = ranked[~fraud][::-1]
    chosen = {threshold(legit, share) for share in SHARES.tolist()} | {calibration.review_from, calibration.block_from}
    thresholds = np.array(sorted(chosen))
    flagged = len(ranked) - np.searchsorted(ranked[::-1], thresholds, side="left")

    def up_to(values: Array) -> Array:
        totals: Array = np.append(0, np.cumsum(values))[flagged]
        return totals

    found = {
        "threshold": thresholds.tolist(),
        "score": scores_of(thresholds, calibration).tolist(),
        "fraud_flagged": up_to(fraud).tolist(),
        "legit_flagged": up_to(~fraud).tolist(),
    }
    if amount is not None:
        worth = np.nan_to_num(amount)
        found["fraud_amount"] = np.round(up_to(worth * fraud), 2).tolist()
        found["legit_amount"] = np.round(up_to(worth * ~fraud), 2).tolist()
        found["fraud_loss"] = np.round(up_to(loss(amount) * fraud), 2).tolist()
    return found


def _list(values: Array) -> list[float]:
    return [round(value, 6) for value in values.tolist()]
