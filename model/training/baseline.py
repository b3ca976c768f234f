"""The other algorithm on the same rows: whether the one that was chosen is worth its keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.training import fitting
from model.training.columns import Array
from model.training.evaluation.ranking import judge_ranking
from model.training.fitting import Fitted, Lesson


def judge_baseline(
    fitted: Fitted, lesson: Lesson, time: Array, label: Array, rows: Array, threads: int
) -> dict[str, Any]:
    """`label` and `rows` are those of the hold-out."""
    other = "xgboost" if fitted.options.algorithm == "logistic" else "logistic"
    plain = fitting.fit(lesson, time, replace(fitted.options, algorithm=other, search_trials=0), threads)
    return {"algorithm": other} | judge_ranking(label, fitting.predict(plain.booster, rows, plain.calibration))
