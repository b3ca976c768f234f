"""Two models on the same transactions: how much better the one ranks than the other, and how much of that is chance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from model.training.columns import Array
from model.training.evaluation import resampling
from model.training.evaluation.figures import rounded
from model.training.evaluation.ranking import Z, places


def difference(label: Array, one: Array, other: Array) -> dict[str, Any]:
    """Of the area under the ROC curve and of average precision: one's less the other's, each with its 95 % interval."""
    area, error = area_difference(label, one, other)
    resampled = resampling.average_precisions(label, [one, other])
    precision = resampling.exactly(label, one) - resampling.exactly(label, other)
    return {
        "roc_auc": {
            "value": rounded(area),
            "level": 0.95,
            "low": rounded(area - Z * error),
            "high": rounded(area + Z * error),
        },
        "average_precision": {"value": rounded(precision)} | resampling.interval(resampled[:, 0] - resampled[:, 1]),
    }


def area_difference(label: Array, one: Array, other: Array) -> tuple[float, float]:
    """The difference and its standard error by DeLong, DeLong and Clarke-Pearson, Comparing the Areas under Two or More
    Correlated ROC Curves, Biometrics 44 (1988): the models judge the same transactions, so what both find hard cancels.
    """
    differences = [a - b for a, b in zip(places(label, one), places(label, other), strict=True)]
    variance = sum(values.var(ddof=1) / len(values) if len(values) > 1 else 0.25 for values in differences)
    return float(np.mean(differences[0])), math.sqrt(variance)
