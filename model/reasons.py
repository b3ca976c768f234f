"""Why a transaction got its probability, for those who answer the customer: features that tell the same fact make one
reason, a sentence with the fact, its value and its direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import nlargest

from model import history_sentences
from model.addresses import PARTS
from model.features import Feature
from model.field import Field
from model.schema import CALENDAR_FEATURES, Schema

MOST_REASONS = 5
STRONG = 1.0  # in log-odds: multiplies the odds of fraud by e or more
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Reason:
    """`feature` is the member of the family that says most, `contribution` is that of the whole family."""

    feature: str
    value: Feature
    contribution: float
    text: str


def explain(schema: Schema, features: Mapping[str, Feature], contributions: Mapping[str, float]) -> tuple[Reason, ...]:
    """The families that moved the probability most, the strongest first."""
    families: dict[str, dict[str, float]] = {}
    for name in features:
        contribution = contributions.get(name)
        if contribution:
            families.setdefault(schema.family_of[name], {})[name] = contribution
    moving = nlargest(MOST_REASONS, families.values(), key=lambda members: abs(sum(members.values())))
    return tuple(_reason(schema, features, members) for members in moving)


def _reason(schema: Schema, features: Mapping[str, Feature], members: Mapping[str, float]) -> Reason:
    """Told is the member that pulled hardest in the direction in which the family as a whole went."""
    together = sum(members.values())
    said = min(members, key=lambda name: (-members[name] if together > 0 else members[name], name))
    field = schema.field_of.get(said)
    if field and field.sensitive:  # the answer is kept
        return Reason(said, None, round(together, 4), f"{_subject(field, said)} (not shown), {_effect(together)}")
    return Reason(said, features[said], round(together, 4), f"{fact(schema, said, features)}, {_effect(together)}")


def _effect(contribution: float) -> str:
    verb = "raises" if contribution > 0 else "lowers"
    return f"which {'strongly ' if abs(contribution) >= STRONG else ''}{verb} the risk"


def fact(schema: Schema, feature: str, features: Mapping[str, Feature]) -> str:
    value = features[feature]
    if feature in CALENDAR_FEATURES:
        return _moment(feature, int(float(value or 0)))
    told = schema.history_plan.by_name.get(feature)
    if told:
        return history_sentences.fact(schema, told, features)
    field = schema.field_of.get(feature)
    subject = _subject(field, feature) if field else feature.replace("_", " ")
    if value is None:
        return f"{subject} is missing"
    if field and field.role == "time" and isinstance(value, float):
        side = "before" if value >= 0 else "after"
        return f"{subject} is {history_sentences.duration(abs(value))} {side}"
    if field and field.role == "amount":
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
