"""What each feature tells by itself: one that tells nearly all is mostly one that was filled in after the fact."""

from __future__ import annotations

import numpy as np

from model.training.columns import Array
from model.training.evaluation.drift import thin
from model.training.evaluation.figures import rounded
from model.training.evaluation.holdout import Holdout
from model.training.evaluation.ranking import places

MOST_ROWS = 50_000  # of each class, evenly spaced: more do not move the second digit


def judge_alone(holdout: Holdout) -> dict[str, float]:
    """Of each feature the area under the ROC curve that its values alone reach on the hold-out, in whichever direction,
    the largest first. A category stands for its share of fraud while fitting, a missing value is below all others."""
    label = np.flatnonzero(holdout.table.label == 1), np.flatnonzero(holdout.table.label == 0)
    chosen = np.concatenate([thin(rows, MOST_ROWS) for rows in label])
    fraud = holdout.table.label[chosen]
    found = {}
    for at, name in enumerate(holdout.names):
        values = holdout.rows[chosen, at]
        if name in holdout.categories:
            values = _shares(holdout.fitted_rows[:, at], holdout.fitted_on.label, len(holdout.categories[name]))[
                np.where(np.isnan(values), -1, values).astype(np.int64)
            ]
        area = float(places(fraud, np.where(np.isnan(values), -np.inf, values))[0].mean())
        found[name] = rounded(max(area, 1 - area))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _shares(codes: Array, label: Array, known: int) -> Array:
    """The share of fraud of each category; the last is for what is missing."""
    places_of = np.where(np.isnan(codes), known, codes).astype(np.int64)
    rows = np.bincount(places_of, minlength=known + 1)
    shares: Array = np.bincount(places_of, label, minlength=known + 1) / np.maximum(rows, 1)
    return shares
