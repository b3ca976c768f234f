"""A label as a caller sends it, read strictly: one, or up to a hundred of which all are good or none is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.rest import problems
from functions.rest.body import shown
from model.field import InvalidTransaction
from model.transaction import ID, sent_id, sent_moment

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
            raise problems.invalid_field(shown(name), "is not expected beside labels")
    listed = payload["labels"]
    if not isinstance(listed, list):
        raise problems.invalid_field("labels", "must be a list")
    if not 1 <= len(listed) <= MOST:
        raise problems.invalid_field("labels", f"must hold 1 to {MOST} labels")
    return [_one(item, f"labels[{place}]", now) for place, item in enumerate(listed)]


def past(moment: datetime, now: datetime) -> datetime:
    """The time a label was given at; ValueError when it is still to come."""
    if moment > now + CLOCKS_DIFFER:
        raise ValueError("lies in the future")
    return min(moment, now)


def _one(item: Any, where: str, now: datetime) -> Label:
    if not isinstance(item, dict):
        raise problems.invalid_field(where, "must be an object")
    prefix = f"{where}." if where else ""
    for name in item:
        if name not in NAMES:
            raise problems.invalid_field(prefix + shown(name), f"is not one of {', '.join(NAMES)}")
    try:
        transaction_id = sent_id(item.get(ID))
    except InvalidTransaction as error:
        raise problems.invalid_field(prefix + error.field, error.message) from None
    label = item.get("label")
    if label not in (FRAUD, LEGIT):
        raise problems.invalid_field(f"{prefix}label", f"must be {FRAUD} or {LEGIT}")
    return Label(transaction_id, label, _labelled_at(item.get("labelled_at"), f"{prefix}labelled_at", now))


def _labelled_at(raw: Any, field: str, now: datetime) -> datetime | None:
    try:
        return None if raw is None else past(sent_moment(raw), now)
    except ValueError as error:
        raise problems.invalid_field(field, str(error)) from None
