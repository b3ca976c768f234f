"""Logistic regression on binned features (a scorecard): the baseline of every training, and a model to choose.

Each feature's share of the log-odds is a step function of its value, and that is a tree. So a scorecard is shipped as
trees.json like any other model: served, explained, checked and compared by the same code."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from model.training.columns import Array
from model.training.trees import Lesson

BINS = 20  # of a feature, and one more for missing values
MOST_FRAUDS, MOST_LEGIT = 50_000, 100_000  # learned from; more would change the third digit and cost minutes
STRENGTH = 1.0  # of the pull towards 0: as much as one row against it in every bin
MOST_STEPS = 300
BELOW_ALL = -3e38  # nothing is lower: sends missing values one way and all others the other
NO_PARENT = 2**31 - 1


@dataclass(frozen=True)
class Steps:
    """One feature's share: `values[i]` from `edges[i - 1]` on and below `edges[i]`, or `missing`; how many rows each
    had."""

    edges: Array
    values: Array
    rows: Array
    missing: float
    rows_missing: float


def grow(lesson: Lesson, seed: int) -> Any:
    """A Booster of one tree per feature."""
    lesson, weight = _thinned(lesson)
    edges = [_edges(column) for column in lesson.rows.T]
    bins = [_bins(column, of) for column, of in zip(lesson.rows.T, edges, strict=True)]
    sizes = [len(of) + 2 for of in edges]
    first = np.concatenate([[0], np.cumsum(sizes)])
    places = np.stack(bins, axis=1) + first[:-1]
    count, width = places.shape
    hot = sparse.csr_matrix(
        (np.ones(places.size), places.ravel(), np.arange(0, places.size + 1, width)), shape=(count, int(first[-1]))
    )
    model = LogisticRegression(C=1 / STRENGTH, max_iter=MOST_STEPS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # where it stands by then is good enough for a baseline
        model.fit(hot, lesson.label, sample_weight=weight)
    rows = np.bincount(places.ravel(), np.repeat(weight, width), minlength=int(first[-1]))
    shares = model.coef_[0].copy()
    shares[: sizes[0]] += model.intercept_[0]
    cut = [slice(start, start + size) for start, size in zip(first, sizes, strict=False)]
    steps = [
        Steps(of, shares[at][:-1], rows[at][:-1], float(shares[at][-1]), float(rows[at][-1]))
        for of, at in zip(edges, cut, strict=True)
    ]
    return _booster(steps, lesson.names)


def _thinned(lesson: Lesson) -> tuple[Lesson, Array]:
    """Of either class evenly chosen rows, each standing for as many as there are."""
    chosen, weights = [], []
    for label, most in ((0, MOST_LEGIT), (1, MOST_FRAUDS)):
        rows = np.flatnonzero(lesson.label == label)
        kept = rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]
        chosen.append(kept)
        weights.append(np.full(len(kept), len(rows) / max(len(kept), 1)))
    return lesson.part(np.concatenate(chosen)), np.concatenate(weights)


def _edges(column: Array) -> Array:
    """Between values that differ, as float32, so that training and trees cut alike."""
    found = column[~np.isnan(column)]
    if len(found) == 0:
        return np.zeros(0, dtype=np.float32)
    cuts = np.quantile(found, np.arange(1, BINS) / BINS, method="higher").astype(np.float32)
    edges: Array = np.unique(cuts[cuts > found.min()])
    return edges


def _bins(column: Array, edges: Array) -> Array:
    missing = np.isnan(column)
    return np.where(missing, len(edges) + 1, np.searchsorted(edges, np.where(missing, 0, column), side="right"))


def _booster(steps: list[Steps], names: tuple[str, ...]) -> Any:
    """Written as XGBoost writes its own models (its JSON schema), for it has no other way in."""
    nothing = xgboost.DMatrix(np.zeros((1, len(names)), dtype=np.float32), [0], feature_names=list(names))
    empty = xgboost.train({"objective": "binary:logistic", "base_score": 0.5}, nothing, 0)
    document = json.loads(empty.save_raw("json"))
    model = document["learner"]["gradient_booster"]["model"]
    model["trees"] = [_Tree(feature, of, len(names)).document for feature, of in enumerate(steps)]
    model["tree_info"] = [0] * len(steps)
    model["iteration_indptr"] = list(range(len(steps) + 1))
    model["gbtree_model_param"]["num_trees"] = str(len(steps))
    booster = xgboost.Booster()
    booster.load_model(bytearray(json.dumps(document).encode()))
    return booster


class _Tree:
    """Halves the bins of one feature until each has its leaf; the first question is whether there is a value at all.
    The two children of a node lie side by side, which XGBoost's SHAP values rely on."""

    def __init__(self, feature: int, steps: Steps, features: int) -> None:
        self._steps = steps
        self._left: list[int] = []
        self._right: list[int] = []
        self._parent: list[int] = []
        self._condition: list[float] = []
        self._cover: list[float] = []
        everything = float(steps.rows.sum()) + steps.rows_missing
        root = self._node(NO_PARENT, BELOW_ALL, everything)
        self._left[root] = self._node(root, steps.missing, steps.rows_missing)
        self._right[root] = self._node(root, 0.0, everything - steps.rows_missing)
        self._grow(self._right[root], 0, len(steps.values))
        count = len(self._left)
        leaf = [left < 0 for left in self._left]
        self.document = {
            "base_weights": [value if end else 0.0 for value, end in zip(self._condition, leaf, strict=True)],
            "categories": [],
            "categories_nodes": [],
            "categories_segments": [],
            "categories_sizes": [],
            "default_left": [0 if end else 1 for end in leaf],
            "id": feature,
            "left_children": self._left,
            "loss_changes": [self._spread()] + [0.0] * (count - 1),
            "parents": self._parent,
            "right_children": self._right,
            "split_conditions": self._condition,
            "split_indices": [0 if end else feature for end in leaf],
            "split_type": [0] * count,
            "sum_hessian": self._cover,
            "tree_param": {
                "num_deleted": "0",
                "num_feature": str(features),
                "num_nodes": str(count),
                "size_leaf_vector": "1",
            },
        }

    def _spread(self) -> float:
        """How much the feature moves the log-odds, which stands for the gain: their variance over the rows."""
        values = np.append(self._steps.values, self._steps.missing)
        rows = np.append(self._steps.rows, self._steps.rows_missing)
        mean = np.average(values, weights=rows)
        return float(np.sum(rows * (values - mean) ** 2))

    def _grow(self, node: int, low: int, high: int) -> None:
        """Gives the node the bins from `low` on and below `high`."""
        if high - low == 1:
            self._condition[node] = float(self._steps.values[low])
            return
        middle = (low + high) // 2
        self._condition[node] = float(self._steps.edges[middle - 1])
        halves = (low, middle), (middle, high)
        self._left[node], self._right[node] = (
            self._node(node, 0.0, float(self._steps.rows[start:end].sum())) for start, end in halves
        )
        for child, half in zip((self._left[node], self._right[node]), halves, strict=True):
            self._grow(child, *half)

    def _node(self, parent: int, condition: float, cover: float) -> int:
        """`condition` is the value that goes left if below, or what a leaf says."""
        self._left.append(-1)
        self._right.append(-1)
        self._parent.append(parent)
        self._condition.append(condition)
        self._cover.append(cover)
        return len(self._left) - 1
