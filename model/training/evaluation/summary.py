"""What the training data holds, column by column, and what had to be set aside."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from model.schema import Schema
from model.training.problems import Rejections
from model.training.table import Table

MOST_REASONS = 50


def summarise(schema: Schema, table: Table) -> list[dict[str, Any]]:
    """Of all rows used, labelled or not."""
    found = []
    for field in schema.fields:
        if field.role == "ignore":
            continue
        values = table.values[field.name]
        column: dict[str, Any] = {"column": field.name, "role": field.role}
        if field.numeric:
            present = values[~np.isnan(values)]
            column["missing"] = len(values) - len(present)
            if len(present):
                low, middle, high = np.quantile(present, (0, 0.5, 1)).tolist()
                column |= {"min": low, "median": middle, "max": high}
        else:
            counts = np.bincount(values + 1, minlength=1)
            column |= {"missing": int(counts[0]), "distinct": int((counts[1:] > 0).sum())}
        found.append(column)
    return found


def reasons(rejected: Rejections) -> list[dict[str, Any]]:
    """Rejected rows by field and reason, the commonest first."""
    counts = Counter((row.field, row.reason) for row in rejected.rows)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"field": field, "reason": reason, "rows": rows} for (field, reason), rows in ranked[:MOST_REASONS]]
