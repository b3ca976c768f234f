"""A bounded random search of the hyperparameters, judged on the latest part of the fitting period."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from model.training import trees
from model.training.options import Options
from model.training.trees import Lesson, Watched

# From, to, and whether small and large values deserve as many trials (drawn on the scale of logarithms).
RANGES: dict[str, tuple[float, float, bool]] = {
    "learning_rate": (0.03, 0.2, True),
    "max_depth": (3, 7, False),
    "min_child_weight": (0.3, 10, True),
    "reg_lambda": (0.3, 10, True),
    "subsample": (0.5, 1, False),
    "colsample": (0.4, 1, False),
}
WHOLE = ("max_depth",)


@dataclass(frozen=True)
class Found:
    options: Options
    watched: Watched
    trials: list[dict[str, Any]]  # of each what was tried, its rounds and its logloss, the lower the better


def best(early: Lesson, late: Lesson, options: Options, threads: int) -> Found:
    """The first trial is what was asked for, so a search never ends with less on the rows it watches."""
    tried = [options, *_draws(options)]
    watched = [trees.watch(early, late, trial, threads) for trial in tried]
    lowest = min(range(len(tried)), key=lambda number: watched[number].logloss)
    trials = [
        {name: getattr(trial, name) for name in RANGES} | {"rounds": seen.rounds, "logloss": round(seen.logloss, 9)}
        for trial, seen in zip(tried, watched, strict=True)
    ]
    return Found(tried[lowest], watched[lowest], trials if options.search_trials else [])


def _draws(options: Options) -> list[Options]:
    random = np.random.default_rng(options.seed)
    return [replace(options, **_draw(random)) for _ in range(options.search_trials)]


def _draw(random: np.random.Generator) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    for name, (low, high, even) in RANGES.items():
        if name in WHOLE:
            drawn[name] = int(random.integers(int(low), int(high) + 1))
        elif even:
            drawn[name] = round(math.exp(random.uniform(math.log(low), math.log(high))), 4)
        else:
            drawn[name] = round(float(random.uniform(low, high)), 3)
    return drawn
