"""What became of rows, in numbers: of a part, or of all parts so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_EXAMPLES = 20


@dataclass(frozen=True)
class Totals:
    rows: int = 0
    rejected: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    scored_by: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)  # the first rows that were rejected

    @property
    def scored(self) -> int:
        return self.rows - self.rejected

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            rows=self.rows + other.rows,
            rejected=self.rejected + other.rejected,
            outcomes=_sum(self.outcomes, other.outcomes),
            models=_sum(self.models, other.models),
            scored_by=_sum(self.scored_by, other.scored_by),
            examples=[*self.examples, *other.examples][:MOST_EXAMPLES],
        )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))
