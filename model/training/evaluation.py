"""Judges a model on the hold-out and derives from it what a probability means: thresholds and the score map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics

from model.schema import Thresholds
from model.training.columns import Array

# Share of legitimate transactions that score as high → score. 900 and 600 are Amazon Fraud Detector's scale.
KNOTS = (
    (0.8, 100),
    (0.5, 250),
    (0.3, 400),
    (0.2, 500),
    (0.1, 600),
    (0.07, 700),
    (0.05, 780),
    (0.02, 900),
    (0.01, 940),
    (0.005, 960),
    (0.002, 980),
    (0.001, 990),
)


@dataclass(frozen=True)
class Calibration:
    review_from: float
    block_from: float
    score_map: tuple[tuple[float, int], ...]


def calibrate(label: Array, probability: Array, thresholds: Thresholds) -> Calibration:
    legit = np.sort(probability[label == 0])
    review = _threshold(legit, thresholds.review)
    block = max(review, _threshold(legit, thresholds.block))
    score_of = {0.0: 0}
    for share, score in KNOTS:
        score_of[_threshold(legit, share)] = score  # equal probabilities: the later, higher score is the true one
    score_of[1.0] = 1000
    return Calibration(review, block, tuple(sorted(score_of.items())))


def _threshold(legit: Array, share: float) -> float:
    """The lowest probability that at most this share of the (sorted) legitimate transactions reaches."""
    allowed = int(len(legit) * share)
    if allowed >= len(legit):
        return 0.0
    highest_refused = float(legit[len(legit) - allowed - 1])
    above = legit[legit > highest_refused]
    upper = float(above[0]) if len(above) else 1.0
    return (highest_refused + upper) / 2


def judge(label: Array, probability: Array, threshold: float) -> dict[str, Any]:
    """The usual figures; those that need a yes or no take the review threshold."""
    flagged = probability >= threshold
    (true_negative, false_positive), (false_negative, true_positive) = metrics.confusion_matrix(
        label, flagged, labels=[0, 1]
    ).tolist()
    return {
        "roc_auc": _rounded(metrics.roc_auc_score(label, probability)),
        "average_precision": _rounded(metrics.average_precision_score(label, probability)),
        "at_review_threshold": {
            "threshold": threshold,
            "accuracy": _rounded(metrics.accuracy_score(label, flagged)),
            "precision": _rounded(metrics.precision_score(label, flagged, zero_division=0.0)),
            "recall": _rounded(metrics.recall_score(label, flagged)),
            "f1": _rounded(metrics.f1_score(label, flagged, zero_division=0.0)),
            "false_positive_rate": _rounded(false_positive / max(1, false_positive + true_negative)),
            "confusion_matrix": {
                "fraud_flagged": true_positive,
                "fraud_missed": false_negative,
                "legit_flagged": false_positive,
                "legit_passed": true_negative,
            },
        },
    }


def _rounded(value: float) -> float:
    return round(float(value), 6)
