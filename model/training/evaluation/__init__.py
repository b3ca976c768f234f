"""Judges a model on the hold-out as production would see it; docs/evaluation.md explains every figure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from model.training.columns import Array
from model.training.evaluation.alone import judge_alone
from model.training.evaluation.calibration import judge_calibration
from model.training.evaluation.costs import judge_costs, prices
from model.training.evaluation.curves import judge_curves
from model.training.evaluation.daily import judge_days
from model.training.evaluation.drift import judge_drift
from model.training.evaluation.figures import judge
from model.training.evaluation.holdout import Holdout
from model.training.evaluation.money import amount_field, judge_threshold
from model.training.evaluation.ranking import judge_ranking
from model.training.evaluation.segments import judge_segments
from model.training.evaluation.thresholds import Calibration, by_budget, calibrate

__all__ = ["Calibration", "Holdout", "calibrate", "judge", "judge_in_depth", "prices"]


def judge_in_depth(holdout: Holdout, calibration: Calibration) -> dict[str, Any]:
    """All that needs the hold-out's rows: the keys of evaluation.json beside the few `metrics`."""
    table, probability = holdout.table, holdout.probability
    label = table.label.astype(np.int64)
    name = amount_field(holdout.schema)
    amount = table.values[name] if name else None
    found = {
        "ranking": judge_ranking(label, probability),
        "at_thresholds": {
            "review": judge_threshold(label, probability, calibration.review_from, amount),
            "block": judge_threshold(label, probability, calibration.block_from, amount),
        },
        "daily": judge_days(holdout.schema, table.time, label, probability, table.values),
        "calibration": judge_calibration(label, probability),
        "segments": judge_segments(holdout, probability >= calibration.review_from),
        "alone": judge_alone(holdout),
        "drift": judge_drift(holdout.fitted_rows, holdout.rows, holdout.names, holdout.categories),
        "curves": judge_curves(label, probability, calibration, amount),
    }
    return found | _costs(holdout, label, calibration)


def _costs(holdout: Holdout, label: Array, calibration: Calibration) -> dict[str, Any]:
    """What decisions cost at the thresholds in force, at those of the budgets, and if every transaction passed."""
    priced = prices(holdout.schema, holdout.table)
    if priced is None:
        return {}
    budgets = by_budget(np.sort(holdout.probability[label == 0]), holdout.schema.thresholds)
    pairs = {"at_thresholds": (calibration.review_from, calibration.block_from), "at_budgets": budgets}
    pairs["without_model"] = (math.inf, math.inf)
    judged = {name: judge_costs(label, holdout.probability, priced, *pair) for name, pair in pairs.items()}
    return {"costs": {"prices": priced.costs.to_dict()} | judged}
