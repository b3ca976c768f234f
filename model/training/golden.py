"""Which transactions of the hold-out are golden, and what the shipped model says of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from model.contract import Contract
from model.golden import Golden, Value
from model.training import fitting
from model.training.columns import Array

MOST = 20


def choose(probability: Array) -> Array:
    """Places from the least to the most suspicious, evenly by rank: each part of the trees has its say."""
    ranked = np.argsort(probability, kind="stable")
    chosen: Array = ranked[np.unique(np.linspace(0, len(ranked) - 1, MOST).astype(int))]
    return chosen


def gild(contract: Contract, booster: Any, rows: Array) -> Golden:
    """`rows` as the trees take them; a request has the categories' names instead."""
    probabilities = fitting.predict(booster, rows, contract.calibration).tolist()
    named = tuple(
        tuple(_value(contract, name, value) for name, value in zip(contract.features, row, strict=True))
        for row in rows.tolist()
    )
    return Golden(contract.model, contract.features, named, tuple(probabilities))


def _value(contract: Contract, name: str, value: float) -> Value:
    if math.isnan(value):
        return None
    return contract.categories[name][int(value)] if name in contract.categories else value
