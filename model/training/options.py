"""The hyperparameters of a training job, and why their defaults are what they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from model.training.problems import TrainingError

ALGORITHMS = ("xgboost", "logistic")
BOUNDS = {
    "num_round": (1, 10_000),
    "trees_per_round": (0, 100),
    "learning_rate": (0.0001, 1),
    "max_depth": (1, 16),
    "max_bin": (2, 65_536),
    "min_child_weight": (0, 1_000_000),
    "reg_lambda": (0, 1_000_000),
    "subsample": (0.05, 1),
    "colsample": (0.05, 1),
    "patience": (1, 10_000),
    "monotone": (0, 1),
    "refit": (0, 1),
    "search_trials": (0, 1000),
    "seed": (0, 2**31 - 1),
}
NAMES = ("algorithm", *BOUNDS)
FEW_FRAUDS, MOST_TREES = 2_000, 300
AVERAGED, ALONE = (3, 4), (1, 5)  # trees of a round and their depth, with few frauds and with many
ROWS_PER_BIN, FEWEST_BINS, MOST_BINS = 16, 256, 4096


@dataclass(frozen=True)
class Options:
    """Chosen on several data sets at once (payments with and without history features, registrations); none has its
    own. Not weighted: scale_pos_weight only costs average precision and spoils the probability."""

    algorithm: str = "xgboost"
    num_round: int = 300  # an upper limit; early stopping decides. So many trees are what serving is priced for
    trees_per_round: int = 0  # averaged; 0 = 3 where frauds are few, else 1, and no more than 300 trees in all
    learning_rate: float = 0.1
    max_depth: int = 0  # 0 = 4 where frauds are few, else 5
    max_bin: int = 0  # 0 = by the rows; amounts are heavy-tailed: 256 cost .04 to .07 of average precision
    min_child_weight: float = 1.0  # of fraud there is little: leaves of 5 cost .02 of average precision
    reg_lambda: float = 1.0
    subsample: float = 0.8
    colsample: float = 0.7  # of the features for each tree
    patience: int = 30  # rounds without improvement before stopping
    monotone: int = 1
    refit: int = 1  # what is shipped has learned from the hold-out too, after that was judged
    search_trials: int = 0
    seed: int = 7

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Options:
        return cls(**{name: _value(name, text) for name, text in texts.items()})

    def settled(self, rows: int, frauds: int) -> Options:
        """With so much to learn from. Averaging takes out one tree's chance: worth .01 of average precision on 600
        frauds, and nothing on 6,000, where it would only take longer. Bins with hardly a row in them do the same."""
        trees, depth = AVERAGED if frauds < FEW_FRAUDS else ALONE
        bins = max(FEWEST_BINS, min(MOST_BINS, rows // ROWS_PER_BIN))
        return replace(
            self,
            trees_per_round=self.trees_per_round or trees,
            num_round=self.num_round if self.trees_per_round else min(self.num_round, MOST_TREES // trees),
            max_depth=self.max_depth or depth,
            max_bin=self.max_bin or bins,
        )

    def parameters(self, threads: int) -> dict[str, Any]:
        return {
            "objective": "binary:logistic",
            "base_score": 0.5,  # XGBoost >= 2 would take the fraud rate: tiny hessians, coarse and wild leaves
            "tree_method": "hist",
            "num_parallel_tree": self.trees_per_round,
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "max_bin": self.max_bin,
            "min_child_weight": self.min_child_weight,
            "reg_lambda": self.reg_lambda,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample,
            "eval_metric": "logloss",
            "seed": self.seed,
            "nthread": threads,
        }

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _value(name: str, text: str) -> Any:
    if name == "algorithm":
        if text not in ALGORITHMS:
            raise TrainingError(f"hyperparameter algorithm: expected one of {', '.join(ALGORITHMS)}")
        return text
    if name not in BOUNDS:
        raise TrainingError(f"there is no hyperparameter {name}; there are {', '.join(NAMES)}")
    kind = float if KINDS[name] == "float" else int
    try:
        number: float = kind(text)
    except ValueError:
        number = math.nan
    low, high = BOUNDS[name]
    if not low <= number <= high:
        expected = "number" if kind is float else "whole number"
        raise TrainingError(f"hyperparameter {name}: expected a {expected} from {low:g} to {high:g}")
    return number


KINDS = {field.name: field.type for field in fields(Options)}
