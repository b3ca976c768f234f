"""How much the transactions have changed between the fitting period and the hold-out, feature by feature."""

from __future__ import annotations

import numpy as np

from model.training.columns import Array
from model.training.evaluation.figures import rounded

MOST_ROWS = 200_000  # of each period, evenly spaced: more do not move the third digit
DECILES = np.arange(1, 10) / 10


def judge_drift(
    before: Array, after: Array, names: tuple[str, ...], categories: dict[str, tuple[str, ...]]
) -> dict[str, float]:
    """The population stability index of each column of the two matrices, the most changed first."""
    before, after = thin(before), thin(after)
    found = {}
    for at, name in enumerate(names):
        known = len(categories[name]) if name in categories else None
        found[name] = rounded(stability(*_counts(before[:, at], after[:, at], known)))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def stability(before: Array, after: Array) -> float:
    """Sum of (a - b) ln(a / b) over the bins' shares (Siddiqi, Credit Risk Scorecards, 2006; also known as Jeffreys
    divergence). Half a row is added to each bin, so that an empty one is no infinity; bins empty in both do not
    count."""
    used = (before + after) > 0
    b, a = ((counts[used] + 0.5) / (counts[used].sum() + used.sum() / 2) for counts in (before, after))
    return float(((a - b) * np.log(a / b)).sum())


def thin(rows: Array, most: int = MOST_ROWS) -> Array:
    return rows[:: -(-len(rows) // most)] if len(rows) else rows


def _counts(before: Array, after: Array, categories: int | None) -> tuple[Array, Array]:
    """Rows per category or per decile of `before`; the last bin is for the missing."""
    if categories is None:
        present = before[~np.isnan(before)]
        edges = np.unique(np.quantile(present, DECILES, method="lower")) if len(present) else np.empty(0, before.dtype)
    else:
        edges = np.arange(categories - 1, dtype=before.dtype)

    def counted(values: Array) -> Array:
        missing = np.isnan(values)
        bins = np.bincount(np.searchsorted(edges, values[~missing], side="left"), minlength=len(edges) + 1)
        return np.append(bins, missing.sum())

    return counted(before), counted(after)
