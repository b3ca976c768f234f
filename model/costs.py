"""What a missed fraud, a review and a good customer turned away cost; from these the thresholds can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.document import SchemaError, Section

BY_AMOUNT = "amount"
HIGHEST = 1e9


@dataclass(frozen=True)
class Costs:
    """In the currency of the amounts."""

    review: float
    good_customer_blocked: float
    missed_fraud: float | None  # None: the amount of the transaction

    @classmethod
    def from_section(cls, section: Section, has_amount: bool) -> Costs:
        costs = cls(
            review=_price(section, "review"),
            good_customer_blocked=_price(section, "good_customer_blocked"),
            missed_fraud=None if _is_amount(section) else _price(section, "missed_fraud"),
        )
        section.refuse_unknown_keys()
        if costs.missed_fraud is None and not has_amount:
            raise SchemaError(f"{section.at('missed_fraud')}: expected a number, because no field has the role amount")
        return costs

    def to_dict(self) -> dict[str, Any]:
        return {
            "review": self.review,
            "good_customer_blocked": self.good_customer_blocked,
            "missed_fraud": BY_AMOUNT if self.missed_fraud is None else self.missed_fraud,
        }


def _is_amount(section: Section) -> bool:
    return not section.has("missed_fraud") or section.says("missed_fraud", BY_AMOUNT)


def _price(section: Section, key: str) -> float:
    """What costs nothing would be done to every transaction, which nobody means."""
    price = section.number_or(key, 0.0, 0.0, HIGHEST)
    if price == 0:
        orelse = f", or {BY_AMOUNT}" if key == "missed_fraud" else ""
        raise SchemaError(f"{section.at(key)}: expected a price above 0{orelse}")
    return price
