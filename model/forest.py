"""Walks the trees of trees.json for one row, in plain Python and to the last bit as XGBoost does: for those who have to
answer without XGBoost."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# A row is walked twice over, side by side: where a value is missing, the first half holds what is below all limits, the
# second what is above. A split looks into the half that sends the missing its way, and never asks what is missing.
BELOW, ABOVE = -math.inf, math.inf
LOWEST = -3.5e38  # below every float32, above BELOW: the limit of splits that XGBoost gives the limit -inf

# Feature, limit, the node for values below it, the node for the others. A leaf has its value as limit and no nodes.
# Nested tuples are walked a third faster than flat lists.
Node = tuple[int, float, Any, Any]


class ForestError(Exception):
    """The trees are none that can be walked here; the message says why."""


@dataclass(frozen=True, eq=False)
class Forest:
    features: tuple[str, ...]
    base: float  # log-odds before the first tree
    roots: tuple[Node, ...]

    def log_odds(self, row: Sequence[float]) -> float:
        """Of a row as Contract.encode makes it: NaN is a missing value."""
        if len(row) != len(self.features):
            raise ForestError(f"a row has {len(row)} values, and the trees want {len(self.features)}")
        rounded = array("f", row)  # XGBoost compares and adds in float32
        values = [BELOW if value != value else value for value in rounded]
        values += [ABOVE if value != value else value for value in rounded]
        total = array("f", (self.base,))
        for feature, limit, below, others in self.roots:
            while below:
                feature, limit, below, others = below if values[feature] < limit else others
            total[0] += limit
        return total[0]

    @classmethod
    def from_json(cls, text: str | bytes) -> Forest:
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ForestError(f"the trees are not JSON: {error}") from None
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: Any) -> Forest:
        try:
            return _forest(document["learner"])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ForestError(f"the trees are incomplete or malformed: {error!r}") from None


def _forest(learner: dict[str, Any]) -> Forest:
    booster, parameters = learner["gradient_booster"], learner["learner_model_param"]
    if booster["name"] != "gbtree" or learner["objective"]["name"] != "binary:logistic":
        raise ForestError("the trees are not boosted trees for the odds of two classes")
    names = tuple(map(str, learner["feature_names"]))
    probability = float(parameters["base_score"].strip("[]"))
    base = math.log(probability / (1 - probability))
    return Forest(names, base, tuple(_tree(tree, len(names)) for tree in booster["model"]["trees"]))


def _tree(tree: dict[str, Any], width: int) -> Node:
    """Its root. XGBoost numbers children after their parent, so they are made from the last one on."""
    if any(tree["split_type"]):
        raise ForestError("the trees ask for sets of categories")
    limits = array("f", tree["split_conditions"])
    sides = zip(tree["left_children"], tree["right_children"], strict=True)
    splits = zip(sides, tree["split_indices"], tree["default_left"], limits, strict=True)
    nodes: list[Any] = [None] * len(limits)
    for at, ((left, right), feature, missing_goes_left, limit) in reversed(list(enumerate(splits))):
        if left < 0:
            nodes[at] = (0, limit, None, None)
        elif not (at < left and at < right and 0 <= feature < width):
            raise ForestError("the trees have nodes that lead nowhere")
        else:
            half = 0 if missing_goes_left else width
            nodes[at] = (feature + half, max(limit, LOWEST), nodes[left], nodes[right])
    root: Node = nodes[0]
    return root
