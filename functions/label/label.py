"""A label as a caller sends it, read strictly: one, or up to a hundred of which all are good or none is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.rest import problems
from model import timestamps
from model.field import InvalidTransaction
from model.transaction import ID, LONGEST_TIMESTAMP, read_id

FRAUD, LEGIT = "fraud", "legit"
MOST = 100  # in one request
CLOCKS_DIFFER = timedelta(minutes=1)  # between the caller's and ours
NAMES = (ID, "label", "labelled_at")


@dataclass(frozen=True)
class Label:
    transaction_id: str
    label: str
    labelled_at: datetime | None  # None: when it is received


def read(payload: Mapping[str, Any], now: datetime) -> list[Label]:
    if "labels" not in payload:
        return [_one(payload, "", now)]
    for name in payload:
        if name != "labels":
            raise problems.invalid_field(_shown(name), "is not expected beside labels")
    listed = payload["labels"]
    if not isinstance(listed, list):
        raise problems.invalid_field("labels", "must be a list")
    if not 1 <= len(listed) <= MOST:
        raise problems.invalid_field("labels", f"must hold 1 to {MOST} labels")
    return [_one(item, f"labels[{place}]", now) for place, item in enumerate(listed)]


def moment(text: str, now: datetime) -> datetime:
    """The time a label says it was given at; ValueError when it is none, or is still to come."""
    found = timestamps.parse(text)
    if found > now + CLOCKS_DIFFER:
        raise ValueError("lies in the future")
    return min(found, now)


def _one(item: Any, where: str, now: datetime) -> Label:
    if not isinstance(item, dict):
        raise problems.invalid_field(where, "must be an object")
    prefix = f"{where}." if where else ""
    for name in item:
        if name not in NAMES:
            raise problems.invalid_field(prefix + _shown(name), f"is not one of {', '.join(NAMES)}")
    try:
        transaction_id = read_id(item.get(ID))
    except InvalidTransaction as error:
        raise problems.invalid_field(prefix + error.field, error.message) from None
    label = item.get("label")
    if label not in (FRAUD, LEGIT):
        raise problems.invalid_field(f"{prefix}label", f"must be {FRAUD} or {LEGIT}")
    return Label(transaction_id, label, _labelled_at(item.get("labelled_at"), f"{prefix}labelled_at", now))


def _labelled_at(raw: Any, field: str, now: datetime) -> datetime | None:
    if raw is None:
        return None
    if not isinstance(raw, str) or len(raw) > LONGEST_TIMESTAMP:
        raise problems.invalid_field(field, "must be an ISO 8601 timestamp such as 2026-03-01T12:30:00Z")
    try:
        return moment(raw, now)
    except ValueError as error:
        raise problems.invalid_field(field, str(error)) from None


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:80]
