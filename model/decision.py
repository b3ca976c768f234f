"""A decision about one transaction: score, outcome and reasons that a customer-service agent can read out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.addresses import PARTS
from model.contract import Contract
from model.features import Feature
from model.field import Field
from model.schema import CALENDAR_FEATURES, Schema

MOST_REASONS = 5
STRONG = 1.0  # in log-odds: multiplies the odds of fraud by e or more
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Reason:
    feature: str
    value: Feature
    contribution: float
    text: str


@dataclass(frozen=True)
class Decision:
    transaction_id: str
    fraud_probability: float
    score: int
    outcome: str
    reasons: tuple[Reason, ...]
    model: str
    scored_by: str

    def answer(self) -> dict[str, Any]:
        reasons = [
            {"feature": reason.feature, "value": reason.value, "contribution": reason.contribution, "text": reason.text}
            for reason in self.reasons
        ]
        return {
            "transaction_id": self.transaction_id,
            "fraud_probability": self.fraud_probability,
            "score": self.score,
            "outcome": self.outcome,
            "reasons": reasons,
            "model": self.model,
            "scored_by": self.scored_by,
        }


def decide(
    contract: Contract,
    transaction_id: str,
    probability: float,
    features: Mapping[str, Feature],
    contributions: Mapping[str, float] | None,
    scored_by: str,
) -> Decision:
    return Decision(
        transaction_id=transaction_id,
        fraud_probability=round(probability, 9),
        score=contract.probability_to_score(probability),
        outcome=contract.outcome(probability),
        reasons=explain(contract.schema, features, contributions or {}),
        model=contract.model,
        scored_by=scored_by,
    )


def explain(schema: Schema, features: Mapping[str, Feature], contributions: Mapping[str, float]) -> tuple[Reason, ...]:
    """The features that moved the probability most, the strongest first."""
    moving = sorted(
        ((name, value) for name, value in contributions.items() if value and name in features),
        key=lambda item: (-abs(item[1]), item[0]),
    )
    return tuple(
        Reason(name, features[name], round(value, 4), f"{_fact(schema, name, features[name])}, {_effect(value)}")
        for name, value in moving[:MOST_REASONS]
    )


def _effect(contribution: float) -> str:
    verb = "raises" if contribution > 0 else "lowers"
    return f"which {'strongly ' if abs(contribution) >= STRONG else ''}{verb} the risk"


def _fact(schema: Schema, feature: str, value: Feature) -> str:
    if feature in CALENDAR_FEATURES:
        return _moment(feature, int(float(value or 0)))
    field = next(field for field in schema.fields if feature in field.features)
    subject = _subject(field, feature)
    if value is None:
        return f"{subject} is missing"
    if field.role == "amount":
        return f"{subject} is {value:,.2f}"
    return f"{subject} is {value:,g}" if isinstance(value, float | int) else f"{subject} is {value}"


def _subject(field: Field, feature: str) -> str:
    subject = field.description or field.name.replace("_", " ")
    part = next((part for part in PARTS.get(field.role, ()) if feature == f"{field.name}_{part.suffix}"), None)
    return part.said.format(subject) if part else subject


def _moment(feature: str, value: int) -> str:
    if feature == "hour":
        return f"the time of day is {value:02d}:00 to {value:02d}:59 UTC"
    if feature == "weekday":
        return f"the day of the week is {DAYS[value]}"
    if feature == "is_weekend":
        return "it is the weekend" if value else "it is a working day"
    return f"it is {'night' if value else 'not night'} (00:00 to 05:59 UTC)"
