"""Whether a probability means what it says: of transactions given 1 %, one in a hundred should be fraud."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.training.columns import Array
from model.training.evaluation.figures import rounded

BINS = 10


def judge_calibration(label: Array, probability: Array) -> dict[str, Any]:
    """Mean probability and observed rate in up to ten bins of equal size; equal probabilities stay in one bin.
    The Brier score is the mean squared error of the probability; who always says the fraud rate gets
    `brier_of_the_rate`."""
    edges = np.unique(np.quantile(probability, np.arange(1, BINS) / BINS, method="lower"))
    of_row = np.searchsorted(edges, probability, side="left")
    rows = np.bincount(of_row, minlength=len(edges) + 1)
    frauds = np.bincount(of_row, label, minlength=len(rows))
    sums = np.bincount(of_row, probability, minlength=len(rows))
    rate = float(label.mean())
    return {
        "brier": _precise(np.mean((probability - label) ** 2)),
        "brier_of_the_rate": _precise(rate * (1 - rate)),
        "mean_probability": _precise(probability.mean()),
        "fraud_rate": _precise(rate),
        "bins": [
            {"rows": int(n), "fraud": int(k), "mean_probability": _precise(total / n), "fraud_rate": rounded(k / n)}
            for n, k, total in zip(rows, frauds, sums, strict=True)
            if n
        ],
    }


def _precise(value: float) -> float:
    return round(float(value), 9)
