"""Fits the trees: the number of rounds is found on the latest part of the fitting period, then all of it is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xgboost

from model.contract import Platt
from model.training import split
from model.training.columns import Array
from model.training.problems import TrainingError

BOUNDS = {
    "num_round": (1, 10_000),
    "learning_rate": (0.0001, 1),
    "max_depth": (1, 16),
    "max_bin": (2, 65_536),
    "patience": (1, 10_000),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True)
class Options:
    """The hyperparameters of a training job."""

    num_round: int = 400  # an upper limit; early stopping decides
    learning_rate: float = 0.1
    max_depth: int = 5
    max_bin: int = 1024  # amounts are heavy-tailed: 256 bins cost .04 to .07 of average precision on rare fraud
    patience: int = 30  # rounds without improvement before stopping
    seed: int = 7

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Options:
        numbers: dict[str, Any] = {}
        for name, text in texts.items():
            low, high = BOUNDS[name]
            kind = float if name == "learning_rate" else int
            try:
                numbers[name] = kind(text)
            except ValueError:
                numbers[name] = math.nan
            if not low <= numbers[name] <= high:
                expected = "number" if kind is float else "whole number"
                raise TrainingError(f"hyperparameter {name}: expected a {expected} from {low:g} to {high:g}")
        return cls(**numbers)

    def parameters(self, threads: int) -> dict[str, Any]:
        return {
            "objective": "binary:logistic",
            "base_score": 0.5,  # XGBoost >= 2 would take the fraud rate: tiny hessians, coarse and wild leaves
            "tree_method": "hist",
            "max_bin": self.max_bin,
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "eval_metric": "logloss",
            "seed": self.seed,
            "nthread": threads,
        }

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Fitted:
    booster: Any
    rounds: int
    early_stopped_on: int  # rows watched; 0 when they had one class only and the rounds were not limited by them

    def importance(self) -> dict[str, float]:
        """Share of the total gain, the largest first."""
        gains: dict[str, float] = self.booster.get_score(importance_type="total_gain")
        total = sum(gains.values()) or 1.0
        ranked = sorted(gains.items(), key=lambda item: (-item[1], item[0]))
        return {name: round(gain / total, 6) for name, gain in ranked}


def fit(rows: Array, label: Array, time: Array, names: tuple[str, ...], options: Options, threads: int) -> Fitted:
    try:
        return _fit(rows, label, time, names, options, threads)
    except xgboost.core.XGBoostError as error:
        raise TrainingError(f"XGBoost could not fit the trees: {str(error).splitlines()[0]}") from error


def _fit(rows: Array, label: Array, time: Array, names: tuple[str, ...], options: Options, threads: int) -> Fitted:
    early, late = split.validation(time)
    watched = len(late) if _both(label[early]) and _both(label[late]) else 0
    rounds = min(options.num_round, 100)  # without both classes to watch: a moderate number
    if watched:
        rounds = _best_rounds(rows, label, early, late, names, options, threads)
    fitting = _quantised(rows, label, names, options, threads)
    booster = xgboost.train(options.parameters(threads), fitting, rounds, verbose_eval=False)
    return Fitted(booster, rounds, watched)


def predict(booster: Any, rows: Array, calibration: Platt) -> Array:
    log_odds = booster.inplace_predict(rows, predict_type="margin", validate_features=False)
    return np.array([calibration.probability(value) for value in log_odds.tolist()])


def _best_rounds(
    rows: Array, label: Array, early: Array, late: Array, names: tuple[str, ...], options: Options, threads: int
) -> int:
    fitting = _quantised(rows[early], label[early], names, options, threads)
    watching = xgboost.DMatrix(rows[late], label[late], feature_names=list(names), nthread=threads)
    booster = xgboost.train(
        options.parameters(threads),
        fitting,
        options.num_round,
        evals=[(watching, "validation")],
        early_stopping_rounds=options.patience,
        verbose_eval=False,
    )
    return int(booster.best_iteration) + 1


def _quantised(rows: Array, label: Array, names: tuple[str, ...], options: Options, threads: int) -> Any:
    return xgboost.QuantileDMatrix(rows, label, feature_names=list(names), max_bin=options.max_bin, nthread=threads)


def _both(label: Array) -> bool:
    return 0 < int(label.sum()) < len(label)
