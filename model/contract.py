"""The contract of a trained model: its features, their encoding, what its log-odds mean, score map and thresholds."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from model.document import SchemaError
from model.schema import Schema

FORMAT = 1
HIGHEST_SCORE = 1000


class ContractError(Exception):
    """The contract cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Platt:
    """What the trees' log-odds mean as a probability (Platt, Probabilistic Outputs for Support Vector Machines, 1999).
    A rising line on the log-odds, so that the order of transactions stays as the trees rank them."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, log_odds: float) -> float:
        moved = self.slope * log_odds + self.intercept
        return 1 / (1 + math.exp(-moved)) if moved >= 0 else math.exp(moved) / (1 + math.exp(moved))


@dataclass(frozen=True)
class Contract:
    model: str
    schema: Schema
    features: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]  # of each category feature: its known values, the most frequent first
    review_from: float
    block_from: float
    score_map: tuple[tuple[float, int], ...]  # (probability, score), both rising
    calibration: Platt = Platt()
    trained_until: str = ""  # ISO 8601, of the newest row that the trees were fitted on

    def calibrate(self, log_odds: float) -> float:
        """The probability of fraud; endpoint, command line and training all come through here."""
        return self.calibration.probability(log_odds)

    def encode(self, row: Mapping[str, float | str | None]) -> list[float]:
        """The row as the trees take it. Unknown and missing values are NaN."""
        return [self.encode_one(name, row[name]) for name in self.features]

    def encode_one(self, name: str, value: float | str | None) -> float:
        codes = self._codes.get(name)
        if codes is not None:
            return codes.get(value, math.nan)
        return math.nan if value is None else float(value)

    def outcome(self, probability: float) -> str:
        if probability >= self.block_from:
            return "block"
        return "review" if probability >= self.review_from else "approve"

    def probability_to_score(self, probability: float) -> int:
        """0 to 1000, linear between the knots and never falling."""
        knots = self.score_map
        above = bisect_right(knots, probability, key=lambda knot: knot[0])
        if above == 0:
            return knots[0][1]
        if above == len(knots):
            return knots[-1][1]
        (p0, s0), (p1, s1) = knots[above - 1], knots[above]
        return int(s0 + (s1 - s0) * (probability - p0) / (p1 - p0))

    @cached_property
    def _codes(self) -> dict[str, dict[float | str | None, float]]:
        """Of texts alone: None and numbers are simply not found."""
        return {name: {value: float(i) for i, value in enumerate(values)} for name, values in self.categories.items()}

    def to_json(self) -> str:
        document = {
            "format": FORMAT,
            "model": self.model,
            "features": list(self.features),
            "categories": {name: list(values) for name, values in self.categories.items()},
            "thresholds": {"review": self.review_from, "block": self.block_from},
            "score_map": [list(knot) for knot in self.score_map],
            "calibration": {"slope": self.calibration.slope, "intercept": self.calibration.intercept},
            "trained_until": self.trained_until,
            "schema": self.schema.to_dict(),
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Contract:
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ContractError(f"the contract is not JSON: {error}") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ContractError(f"the contract is not of format {FORMAT}")
        try:
            contract = cls._from_document(document)
        except SchemaError as error:
            raise ContractError(f"the contract's schema is wrong: {error}") from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ContractError(f"the contract is incomplete or malformed: {error!r}") from None
        contract._check()
        return contract

    @classmethod
    def _from_document(cls, document: dict[str, Any]) -> Contract:
        calibration = document.get("calibration", {"slope": 1, "intercept": 0})  # models of before it have none
        return cls(
            model=str(document["model"]),
            schema=Schema.from_dict(document["schema"]),
            features=tuple(map(str, document["features"])),
            categories={str(name): tuple(map(str, values)) for name, values in document["categories"].items()},
            review_from=float(document["thresholds"]["review"]),
            block_from=float(document["thresholds"]["block"]),
            score_map=tuple((float(p), int(score)) for p, score in document["score_map"]),
            calibration=Platt(float(calibration["slope"]), float(calibration["intercept"])),
            trained_until=str(document.get("trained_until", "")),
        )

    def _check(self) -> None:
        if not self.features or len(set(self.features)) != len(self.features):
            raise ContractError("the contract's features are missing or named twice")
        if not set(self.categories) <= set(self.features):
            raise ContractError("the contract's categories are not among its features")
        if not 0 <= self.review_from <= self.block_from <= 1:
            raise ContractError("the contract's thresholds are not in order")
        if not (0 < self.calibration.slope < math.inf and math.isfinite(self.calibration.intercept)):
            raise ContractError("the contract's calibration does not rise")
        rising = all(p0 < p1 and s0 <= s1 for (p0, s0), (p1, s1) in pairwise(self.score_map))
        if len(self.score_map) < 2 or not rising or self.score_map[0][1] < 0 or self.score_map[-1][1] > HIGHEST_SCORE:
            raise ContractError("the contract's score map does not rise")
