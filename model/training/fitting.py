"""The recipe: the latest part of the fitting period decides the rounds and what the log-odds mean, then all is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xgboost

from model.contract import Platt
from model.training import logistic, platt, search, split, trees
from model.training.columns import Array
from model.training.options import Options
from model.training.problems import TrainingError
from model.training.trees import Lesson

__all__ = ["Fitted", "Lesson", "Options", "fit", "predict", "refit"]

UNWATCHED_ROUNDS = 100  # without both classes to watch: a moderate number


@dataclass(frozen=True)
class Fitted:
    booster: Any
    options: Options  # those asked for, or the best that a search found
    rounds: int  # of boosting; a logistic regression has none
    calibration: Platt
    early_stopped_on: int  # rows watched; 0 when they had one class only and decided nothing
    trials: list[dict[str, Any]] = field(default_factory=list)

    def importance(self) -> dict[str, float]:
        """Share of the total gain, the largest first."""
        gains: dict[str, float] = self.booster.get_score(importance_type="total_gain")
        total = sum(gains.values()) or 1.0
        ranked = sorted(gains.items(), key=lambda item: (-item[1], item[0]))
        return {name: round(gain / total, 6) for name, gain in ranked}


def fit(lesson: Lesson, time: Array, options: Options, threads: int) -> Fitted:
    settled = options.settled(len(lesson.label), int(lesson.label.sum()))
    return _plainly(lambda: _fit(lesson, time, settled, threads))


def refit(fitted: Fitted, lesson: Lesson, threads: int) -> Any:
    """A Booster by the same recipe, with as many rounds, from other rows."""
    return _plainly(lambda: _grow(lesson, fitted.options, fitted.rounds, threads))


def predict(booster: Any, rows: Array, calibration: Platt) -> Array:
    return np.array([calibration.probability(value) for value in trees.log_odds(booster, rows).tolist()])


def _fit(lesson: Lesson, time: Array, options: Options, threads: int) -> Fitted:
    early, late = (lesson.part(chosen) for chosen in split.validation(time))
    if not (_both(early.label) and _both(late.label)):
        rounds = min(options.num_round, UNWATCHED_ROUNDS) if options.algorithm == "xgboost" else 0
        return Fitted(_grow(lesson, options, rounds, threads), options, rounds, Platt(), 0)
    if options.algorithm == "logistic":
        log_odds = trees.log_odds(logistic.grow(early, options.seed), late.rows)
        rounds, trials = 0, []
    else:
        found = search.best(early, late, options, threads)
        options, trials = found.options, found.trials
        rounds, log_odds = found.watched.rounds, found.watched.log_odds
    calibration = platt.fit(late.label, log_odds)
    return Fitted(_grow(lesson, options, rounds, threads), options, rounds, calibration, len(late.label), trials)


def _grow(lesson: Lesson, options: Options, rounds: int, threads: int) -> Any:
    if options.algorithm == "logistic":
        return logistic.grow(lesson, options.seed)
    return trees.grow(lesson, options, rounds, threads)


def _plainly[T](work: Callable[[], T]) -> T:
    try:
        return work()
    except xgboost.core.XGBoostError as error:
        raise TrainingError(f"XGBoost could not fit the trees: {str(error).splitlines()[0]}") from error


def _both(label: Array) -> bool:
    return 0 < int(label.sum()) < len(label)
