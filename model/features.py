"""Turns one transaction into the model's features. training/matrix.py does the same for whole tables."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from model.schema import CALENDAR_FEATURES, Schema
from model.transaction import Transaction

NIGHT_ENDS = 6  # 00:00 to 05:59 UTC
Feature = float | str | None


def names(schema: Schema) -> tuple[str, ...]:
    return tuple(name for field in schema.fields for name in field.features) + CALENDAR_FEATURES


def category_names(schema: Schema) -> tuple[str, ...]:
    return tuple(name for field in schema.fields if not field.numeric for name in field.features)


def compute(schema: Schema, transaction: Transaction) -> dict[str, Feature]:
    features: dict[str, Feature] = {}
    for field in schema.fields:
        if field.features:
            features |= zip(field.features, derive(field.role, transaction.values[field.name]), strict=True)
    return features | calendar(transaction.timestamp)


def derive(role: str, value: Feature) -> tuple[Feature, ...]:
    if role == "email":
        return (email_domain(value),)
    if role == "ip":
        return ip_networks(value)
    return (value,)


def calendar(moment: datetime) -> dict[str, Feature]:
    weekday = moment.weekday()
    values = (float(moment.hour), float(weekday), float(moment.hour < NIGHT_ENDS), float(weekday >= 5))
    return dict(zip(CALENDAR_FEATURES, values, strict=True))


def email_domain(address: Feature) -> str | None:
    return str(address).rpartition("@")[2].lower() if address is not None else None


def ip_networks(address: Feature) -> tuple[str | None, str | None]:
    """The /8 and /16 networks of an IPv4 address; of an IPv6 address the /16 and /32."""
    if address is None:
        return (None, None)
    parsed = ipaddress.ip_address(str(address))
    groups = parsed.exploded.split("." if parsed.version == 4 else ":")
    return (groups[0], ".".join(groups[:2]) if parsed.version == 4 else ":".join(groups[:2]))
