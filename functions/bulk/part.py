"""Some rows, scored: the lines of the results that they become, and what became of them in numbers."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from functions.bulk.reading import Rejected
from functions.bulk.reading import Row as FileRow
from functions.bulk.totals import MOST_EXAMPLES, Totals
from functions.score.decisions import Row as Decided

RESULTS = ("transaction_id", "fraud_probability", "score", "outcome", "model", "scored_by", "reasons")
REJECTED = ("row", "field", "expected")
LONGEST_EXAMPLE = 200  # characters; they travel in a message


@dataclass(frozen=True)
class Part:
    scored: str
    rejected: str
    totals: Totals

    @classmethod
    def of(cls, rows: Sequence[FileRow], found: Sequence[Decided | Rejected]) -> Part:
        scored = [one.values for one in found if isinstance(one, Decided)]
        rejected = [
            (row.line, one.field, one.expected)
            for row, one in zip(rows, found, strict=True)
            if isinstance(one, Rejected)
        ]
        totals = Totals(
            rows=len(rows),
            rejected=len(rejected),
            outcomes=dict(Counter(values["outcome"] for values in scored)),
            models=dict(Counter(values["model"] for values in scored if values["model"])),
            scored_by=dict(Counter(values["scored_by"] for values in scored)),
            examples=[
                {"row": line, "field": field[:LONGEST_EXAMPLE], "expected": expected[:LONGEST_EXAMPLE]}
                for line, field, expected in rejected[:MOST_EXAMPLES]
            ],
        )
        return cls(lines(map(_result, scored)), lines(rejected), totals)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Part:
        document = json.loads(content)
        return cls(document["scored"], document["rejected"], Totals(**document["totals"]))


def lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _result(values: dict[str, Any]) -> list[Any]:
    probability = values["fraud_probability"]
    reasons = "; ".join(reason["text"] for reason in values["reasons"])
    shown = values | {"reasons": reasons, "fraud_probability": None if probability is None else f"{probability:.9g}"}
    return [shown[name] for name in RESULTS]
