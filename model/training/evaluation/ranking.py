"""How well the model puts fraud above everything else, whatever the threshold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn import metrics

from model.training.columns import Array
from model.training.evaluation import resampling
from model.training.evaluation.figures import rounded

SHARES = (0.001, 0.005, 0.01, 0.02)
Z = 1.959964  # of the normal distribution, for 95 %


def judge_ranking(label: Array, probability: Array) -> dict[str, Any]:
    area, error = roc_auc(label, probability)
    low, high = interval(area, error)
    return {
        "roc_auc": rounded(area),
        "roc_auc_interval": {"level": 0.95, "low": rounded(low), "high": rounded(high)},
        "average_precision": rounded(metrics.average_precision_score(label, probability)),
        "average_precision_interval": resampling.interval(resampling.average_precisions(label, [probability])),
        "average_precision_of_guessing": rounded(label.mean()),
        "recall_at_false_positive_rate": {
            f"{share:g}": rounded(recall) for share, recall in recalls(label, probability, SHARES).items()
        },
    }


def roc_auc(label: Array, probability: Array) -> tuple[float, float]:
    """The area and its standard error, with the midranks of Sun and Xu, Fast Implementation of DeLong's Algorithm, IEEE
    Signal Processing Letters 21 (2014): exact for ties, one sort instead of a bootstrap's hundreds."""
    of_fraud, of_legit = places(label, probability)
    variance = sum(values.var(ddof=1) / len(values) if len(values) > 1 else 0.25 for values in (of_fraud, of_legit))
    return float(of_fraud.mean()), math.sqrt(variance)


def places(label: Array, probability: Array) -> tuple[Array, Array]:
    """Of each fraud the share of the legitimate below it, of each legitimate the share of the frauds above it. The mean
    of either is the area."""
    fraud, legit = probability[label == 1], probability[label == 0]
    return _share_below(np.sort(legit), fraud), 1 - _share_below(np.sort(fraud), legit)


def interval(area: float, error: float) -> tuple[float, float]:
    """95 % on the logit scale (Pepe, The Statistical Evaluation of Medical Tests, 2003, ch. 5), so that it stays within
    0 and 1 and leans towards the middle. A perfect sample has no error to go by: its interval is the point."""
    if not 0 < area < 1:
        return area, area
    middle, reach = math.log(area / (1 - area)), Z * error / (area * (1 - area))
    return _logistic(middle - reach), _logistic(middle + reach)


def recalls(label: Array, probability: Array, shares: tuple[float, ...]) -> dict[float, float]:
    """Share of fraud above the lowest threshold at which at most this share of the legitimate is flagged."""
    fraud, legit = probability[label == 1], np.sort(probability[label == 0])
    found = {}
    for share in shares:
        refused = len(legit) - math.floor(len(legit) * share + 1e-9) - 1  # the highest of those that must pass
        found[share] = float((fraud > legit[refused]).mean()) if refused >= 0 else 1.0
    return found


def _share_below(ranked: Array, values: Array) -> Array:
    """For each value the share of `ranked` (sorted) that is lower; equal ones count half."""
    order = np.argsort(values, kind="stable")
    inquired = values[order]  # in order they are found much faster
    share = np.empty(len(values))
    share[order] = np.searchsorted(ranked, inquired, "left") + np.searchsorted(ranked, inquired, "right")
    share /= 2 * len(ranked)
    return share


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
