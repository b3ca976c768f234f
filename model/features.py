"""Turns one transaction into the model's features. training/matrix.py does the same for whole tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from model import history
from model.addresses import PARTS, email_parts, ip_parts
from model.history import State
from model.schema import CALENDAR_FEATURES, Schema
from model.transaction import Transaction

NIGHT_ENDS = 6  # 00:00 to 05:59 UTC
NO_HISTORY: Mapping[str, State] = MappingProxyType({})
Feature = float | str | None


def names(schema: Schema) -> tuple[str, ...]:
    of_fields = tuple(name for field in schema.fields for name in field.features)
    return of_fields + CALENDAR_FEATURES + schema.history_plan.names


def category_names(schema: Schema) -> tuple[str, ...]:
    return tuple(name for field in schema.fields for name in field.categories)


def compute(schema: Schema, transaction: Transaction, states: Mapping[str, State] = NO_HISTORY) -> dict[str, Feature]:
    """The features in the order of their names, given the state of each entity before this event."""
    return of_itself(schema, transaction) | history.read(schema.history_plan, transaction, states)


def of_itself(schema: Schema, transaction: Transaction) -> dict[str, Feature]:
    """Those that no history is needed for."""
    features: dict[str, Feature] = {}
    for field in schema.fields:
        if field.role == "time":
            features[field.features[0]] = seconds_ago(transaction.values[field.name], transaction.timestamp)
        elif field.features:
            features |= zip(field.features, derive(field.role, transaction.values[field.name]), strict=True)
    return features | calendar(transaction.timestamp)


def derive(role: str, value: Feature) -> tuple[Feature, ...]:
    """The features of one value, by its role."""
    if role not in PARTS:
        return (value,)
    if value is None:
        return (None,) * len(PARTS[role])
    return email_parts(str(value)) if role == "email" else ip_parts(str(value))


def seconds_ago(moment: Feature, now: datetime) -> float | None:
    """How long before the transaction it was; negative if it comes after."""
    return None if moment is None else (now - datetime.fromisoformat(str(moment))) / timedelta(seconds=1)


def calendar(moment: datetime) -> dict[str, Feature]:
    weekday = moment.weekday()
    values = (float(moment.hour), float(weekday), float(moment.hour < NIGHT_ENDS), float(weekday >= 5))
    return dict(zip(CALENDAR_FEATURES, values, strict=True))
