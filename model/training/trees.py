"""Boosted trees: how many rounds the latest rows bear, and the trees themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost

from model.training import split
from model.training.columns import Array
from model.training.options import Options


@dataclass(frozen=True)
class Lesson:
    """What is learned from, in the order of `names`; `directions` are the features that may only raise (1) or only
    lower (-1) the risk."""

    rows: Array
    label: Array
    names: tuple[str, ...]
    directions: Mapping[str, int]

    def part(self, chosen: Array) -> Lesson:
        return Lesson(split.part(self.rows, chosen), self.label[chosen], self.names, self.directions)


@dataclass(frozen=True)
class Watched:
    """Trees that stopped growing where the watched rows gained no more, and what they make of these."""

    rounds: int
    log_odds: Array
    logloss: float


def watch(early: Lesson, late: Lesson, options: Options, threads: int) -> Watched:
    watching = xgboost.DMatrix(late.rows, late.label, feature_names=list(late.names), nthread=threads)
    booster = xgboost.train(
        _parameters(early, options, threads),
        _matrix(early, options, threads),
        options.num_round,
        evals=[(watching, "validation")],
        early_stopping_rounds=options.patience,
        verbose_eval=False,
    )
    rounds = int(booster.best_iteration) + 1
    return Watched(rounds, log_odds(booster[:rounds], late.rows), float(booster.best_score))


def grow(lesson: Lesson, options: Options, rounds: int, threads: int) -> Any:
    fitting = _matrix(lesson, options, threads)
    return xgboost.train(_parameters(lesson, options, threads), fitting, rounds, verbose_eval=False)


def log_odds(booster: Any, rows: Array) -> Array:
    found: Array = booster.inplace_predict(rows, predict_type="margin", validate_features=False)
    return found.astype(np.float64)


def _parameters(lesson: Lesson, options: Options, threads: int) -> dict[str, Any]:
    return options.parameters(threads) | {
        "monotone_constraints": {name: way for name, way in lesson.directions.items() if options.monotone}
    }


def _matrix(lesson: Lesson, options: Options, threads: int) -> Any:
    """Quantised, rows take a quarter of the memory; but the trees of a round are averaged on them at half the speed."""
    names = list(lesson.names)
    if options.trees_per_round > 1:
        return xgboost.DMatrix(lesson.rows, lesson.label, feature_names=names, nthread=threads)
    return xgboost.QuantileDMatrix(
        lesson.rows, lesson.label, feature_names=names, max_bin=options.max_bin, nthread=threads
    )
