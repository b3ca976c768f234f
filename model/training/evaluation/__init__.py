"""Judges a model on the hold-out as production would see it; docs/evaluation.md explains every figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.training.evaluation.calibration import judge_calibration
from model.training.evaluation.curves import judge_curves
from model.training.evaluation.daily import judge_days
from model.training.evaluation.drift import judge_drift
from model.training.evaluation.figures import judge
from model.training.evaluation.holdout import Holdout
from model.training.evaluation.money import amount_field, judge_threshold
from model.training.evaluation.ranking import judge_ranking
from model.training.evaluation.segments import judge_segments
from model.training.evaluation.thresholds import Calibration, calibrate

__all__ = ["Calibration", "Holdout", "calibrate", "judge", "judge_in_depth"]


def judge_in_depth(holdout: Holdout, calibration: Calibration) -> dict[str, Any]:
    """All that needs the hold-out's rows: the keys of evaluation.json beside the few `metrics`."""
    table, probability = holdout.table, holdout.probability
    label = table.label.astype(np.int64)
    name = amount_field(holdout.schema)
    amount = table.values[name] if name else None
    return {
        "ranking": judge_ranking(label, probability),
        "at_thresholds": {
            "review": judge_threshold(label, probability, calibration.review_from, amount),
            "block": judge_threshold(label, probability, calibration.block_from, amount),
        },
        "daily": judge_days(holdout.schema, table.time, label, probability, table.values),
        "calibration": judge_calibration(label, probability),
        "segments": judge_segments(holdout, probability >= calibration.review_from),
        "drift": judge_drift(holdout.fitted_rows, holdout.rows, holdout.names, holdout.categories),
        "curves": judge_curves(label, probability, calibration, amount),
    }
