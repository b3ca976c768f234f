"""Golden transactions: rows of the hold-out's features, and what the model must answer to them wherever it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 1e-5  # other processors add in another order; another model is further off in some row

Value = float | str | None


class GoldenError(Exception):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True)
class Golden:
    model: str
    features: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    probabilities: tuple[float, ...]

    def named_rows(self) -> list[Mapping[str, Value]]:
        return [dict(zip(self.features, row, strict=True)) for row in self.rows]

    def request(self) -> bytes:
        """What model/inference.py takes."""
        return json.dumps({"features": self.features, "rows": self.rows}, allow_nan=False).encode()

    def doubt(self, answer: bytes) -> str | None:
        """What is wrong with the container's answer to the request; None if it is this model's."""
        try:
            document = json.loads(answer)
            model = document["model"]
            found = [float(prediction["fraud_probability"]) for prediction in document["predictions"]]
        except (ValueError, KeyError, TypeError) as error:
            return f"its answer is none: {type(error).__name__}"
        if model != self.model:
            return f"it answers as model {str(model)[:100]}"
        return self.deviation(found)

    def deviation(self, found: Sequence[float]) -> str | None:
        if len(found) != len(self.probabilities):
            return f"it answers {len(found)} of {len(self.probabilities)} golden transactions"
        for number, (expected, got) in enumerate(zip(self.probabilities, found, strict=True), 1):
            if not abs(expected - got) <= TOLERANCE:  # written so that NaN deviates
                return f"golden transaction {number} has fraud probability {got:.6g}, and {expected:.6g} in training"
        return None

    def to_json(self) -> str:
        rows = [{"row": row, "fraud_probability": p} for row, p in zip(self.rows, self.probabilities, strict=True)]
        document = {"model": self.model, "features": self.features, "golden": rows}
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Golden:
        try:
            return cls._from_document(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            raise GoldenError(f"the golden transactions are incomplete or malformed: {error!r}") from None

    @classmethod
    def _from_document(cls, document: dict[str, Any]) -> Golden:
        features = tuple(map(str, document["features"]))
        rows = tuple(tuple(one["row"]) for one in document["golden"])
        if not rows or any(len(row) != len(features) for row in rows):
            raise ValueError("rows are missing, or not as long as the features")
        probabilities = tuple(float(one["fraud_probability"]) for one in document["golden"])
        return cls(str(document["model"]), features, rows, probabilities)
