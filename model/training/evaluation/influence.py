"""Which features move the model's answers: the mean absolute SHAP value, in log-odds."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost

from model.training.columns import Array
from model.training.evaluation.figures import rounded

MOST_ROWS = 2000


def judge_influence(booster: Any, rows: Array, names: tuple[str, ...], seed: int, threads: int) -> dict[str, Any]:
    """TreeSHAP (Lundberg et al., From local explanations to global understanding, 2020), as XGBoost computes it, over a
    seeded sample of the hold-out; the largest first."""
    chosen = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
    sample = xgboost.DMatrix(rows[chosen], feature_names=list(names), nthread=threads)
    contributions = booster.predict(sample, pred_contribs=True)[:, :-1]  # the last is the bias
    means = np.abs(contributions).mean(axis=0, dtype=np.float64).tolist()
    ranked = sorted(zip(names, means, strict=True), key=lambda item: (-item[1], item[0]))
    return {"rows": len(chosen), "mean_absolute_shap": {name: rounded(mean) for name, mean in ranked}}
