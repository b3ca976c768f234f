"""The walk in plain Python beside XGBoost: how long a row takes, and whether it is the same to the last bit."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bench.figures import latencies, report, report_latencies, timed
from model.forest import Forest
from model.inference import Model

BLOCK = 10_000
MISSING = 0.2
Array = np.ndarray[Any, Any]


def one_row(trees_json: bytes, encoded: list[float], calls: int) -> Forest:
    forest, seconds = timed(partial(Forest.from_json, trees_json))
    trees = len(forest.roots)
    report("forest_load", seconds * 1000, "ms", kilobytes=len(trees_json) // 1000, trees=trees)
    report_latencies("forest_walk", latencies(partial(forest.log_odds, encoded), calls), trees=trees)
    return forest


def many_rows(model: Model, forest: Forest, rows: int) -> None:
    """Values are limits of the trees, their neighbours among the floats, and gaps: all that can go wrong."""
    random = np.random.default_rng(1)
    values = _around(_limits(forest))
    different, walking = 0, 0.0
    for first in range(0, rows, BLOCK):
        drawn = random.choice(values, (min(BLOCK, rows - first), len(forest.features)))
        drawn[random.random(drawn.shape) < MISSING] = np.nan
        walked, seconds = timed(partial(_walk, forest, drawn.tolist()))
        expected = model.booster.inplace_predict(
            drawn.astype(np.float32), predict_type="margin", validate_features=False
        )
        different += int(np.sum(expected.astype(np.float64) != np.array(walked)))
        walking += seconds
    report("forest_walk", rows / walking, "rows/s", rows=rows, different_from_xgboost=different)


def _walk(forest: Forest, rows: list[list[float]]) -> list[float]:
    return [forest.log_odds(row) for row in rows]


def _limits(forest: Forest) -> Array:
    found: list[float] = []
    waiting = [root for root in forest.roots if root[2]]
    while waiting:
        _, limit, *children = waiting.pop()
        found.append(limit)
        waiting += [child for child in children if child[2]]
    return np.unique(np.array(found, dtype=np.float32))


def _around(values: Array) -> Array:
    up, down = (np.nextafter(values, np.float32(side)).astype(np.float64) for side in (np.inf, -np.inf))
    exact = values.astype(np.float64)
    return np.concatenate([exact, up, down, np.nextafter(exact, np.inf), np.nextafter(exact, -np.inf)])
