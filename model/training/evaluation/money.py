"""Who is stopped and who passes at the thresholds in force, counted in transactions and in money."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.schema import Schema
from model.training.columns import Array
from model.training.evaluation.figures import share


def amount_field(schema: Schema) -> str | None:
    """The first field of role amount: what a transaction is worth."""
    return next((field.name for field in schema.fields if field.role == "amount"), None)


def judge_threshold(label: Array, probability: Array, threshold: float, amount: Array | None) -> dict[str, Any]:
    """Missing amounts count as nothing."""
    flagged, fraud = probability >= threshold, label == 1
    cells = {
        "fraud_flagged": flagged & fraud,
        "fraud_missed": ~flagged & fraud,
        "legit_flagged": flagged & ~fraud,
        "legit_passed": ~flagged & ~fraud,
    }
    counts = {name: int(cell.sum()) for name, cell in cells.items()}
    found: dict[str, Any] = {
        "threshold": threshold,
        "confusion_matrix": counts,
        "recall": share(counts["fraud_flagged"], int(fraud.sum())),
        "precision": share(counts["fraud_flagged"], int(flagged.sum())),
        "false_positive_rate": share(counts["legit_flagged"], int((~fraud).sum())),
    }
    if amount is not None:
        sums = {name: round(float(np.nansum(amount[cell])), 2) for name, cell in cells.items()}
        found["amount"] = sums | {"share_of_fraud_caught": share(sums["fraud_flagged"], _total(sums, "fraud"))}
    return found


def _total(sums: dict[str, float], kind: str) -> float:
    return sum(value for name, value in sums.items() if name.startswith(kind))
