"""The schema's section `gate`: what a trained model must reach before it goes live."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from model.document import Section

LENIENCE = ("allow", "refuse")


@dataclass(frozen=True)
class Gate:
    """Floors are shares between 0 and 1; 0 demands nothing. Gain and loss are of average precision."""

    fewest_frauds: int = 10
    better_than_guessing: bool = True  # by more than chance explains
    roc_auc: float = 0.55
    average_precision: float = 0.0
    recall_at_1_percent: float = 0.0  # of fraud, where 1 % of the legitimate transactions are flagged
    largest_loss: float = 0.02  # against the model that serves
    smallest_gain: float | None = None
    not_compared: str = "allow"
    schema_change: str = "allow"

    @classmethod
    def from_section(cls, section: Section) -> Gate:
        gate = cls(
            fewest_frauds=int(section.number_or("fewest_frauds", cls.fewest_frauds, 0, 1_000_000)),
            better_than_guessing=section.flag("better_than_guessing", cls.better_than_guessing),
            roc_auc=section.number_or("roc_auc", cls.roc_auc, 0, 1),
            average_precision=section.number_or("average_precision", cls.average_precision, 0, 1),
            recall_at_1_percent=section.number_or("recall_at_1_percent", cls.recall_at_1_percent, 0, 1),
            largest_loss=section.number_or("largest_loss", cls.largest_loss, 0, 1),
            smallest_gain=section.number("smallest_gain", 0, 1) if section.has("smallest_gain") else None,
            not_compared=section.choice("not_compared", LENIENCE, cls.not_compared),
            schema_change=section.choice("schema_change", LENIENCE, cls.schema_change),
        )
        section.refuse_unknown_keys()
        return gate

    def to_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}
