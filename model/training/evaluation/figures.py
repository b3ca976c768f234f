"""The usual figures of a classifier at one threshold, and how figures are rounded."""

from __future__ import annotations

from typing import Any

from sklearn import metrics

from model.training.columns import Array


def judge(label: Array, probability: Array, threshold: float) -> dict[str, Any]:
    """The usual figures; those that need a yes or no take the review threshold."""
    flagged = probability >= threshold
    (true_negative, false_positive), (false_negative, true_positive) = metrics.confusion_matrix(
        label, flagged, labels=[0, 1]
    ).tolist()
    return {
        "roc_auc": rounded(metrics.roc_auc_score(label, probability)),
        "average_precision": rounded(metrics.average_precision_score(label, probability)),
        "at_review_threshold": {
            "threshold": threshold,
            "accuracy": rounded(metrics.accuracy_score(label, flagged)),
            "precision": rounded(metrics.precision_score(label, flagged, zero_division=0.0)),
            "recall": rounded(metrics.recall_score(label, flagged)),
            "f1": rounded(metrics.f1_score(label, flagged, zero_division=0.0)),
            "false_positive_rate": rounded(false_positive / max(1, false_positive + true_negative)),
            "confusion_matrix": {
                "fraud_flagged": true_positive,
                "fraud_missed": false_negative,
                "legit_flagged": false_positive,
                "legit_passed": true_negative,
            },
        },
    }


def rounded(value: float) -> float:
    return round(float(value), 6)


def share(part: float, whole: float) -> float | None:
    """None where there is nothing to have a share of; sums of money are below zero where refunds outweigh."""
    return rounded(part / whole) if whole > 0 else None
