"""What a caller asks to be listed, read strictly by the schema of the model that serves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.rest import problems
from model import lists
from model.field import Field, InvalidTransaction, is_unicode
from model.schema import Schema
from model.transaction import sent_moment

OFF = "none"
NAMES = ("field", "value", "list", "expires_at", "note")
LONGEST_NOTE = 200
BREAKING = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"  # controls, ends of lines, turns of the direction of writing
NOTE = f"^[^{BREAKING}]*$"


@dataclass(frozen=True)
class Entry:
    field: str
    key: str
    list: str
    expires_at: datetime | None
    note: str | None

    @property
    def is_off(self) -> bool:
        return self.list == OFF


def read(payload: Mapping[str, Any], schema: Schema, now: datetime, hide: Callable[[Field, str], str]) -> Entry:
    """`hide` gives a value of a sensitive field the pseudonym that transactions are looked up by."""
    for name in payload:
        if name not in NAMES:
            raise problems.invalid_field(ascii(name)[1:-1][:80], f"is not one of {', '.join(NAMES)}")
    field = _field(payload.get("field"), schema)
    value = _value(field, payload.get("value"))
    on = payload.get("list")
    if on not in (lists.DENY, lists.ALLOW, OFF):
        raise problems.invalid_field("list", f"must be {lists.DENY}, {lists.ALLOW} or {OFF}")
    if on == OFF:
        for name in ("expires_at", "note"):
            if payload.get(name) is not None:
                raise problems.invalid_field(name, f"is not expected where the list is {OFF}")
    expires_at, note = _expires_at(payload.get("expires_at"), now), _note(payload.get("note"))
    key = lists.key(field, hide(field, value) if field.sensitive else value)
    return Entry(field.name, key, on, expires_at, note)


def _field(raw: Any, schema: Schema) -> Field:
    listable = lists.fields(schema)
    found = listable.get(raw) if isinstance(raw, str) else None
    if found is None:
        raise problems.invalid_field("field", f"must be one of {', '.join(listable) or '(the schema has none)'}")
    return found


def _value(field: Field, raw: Any) -> str:
    try:
        value = field.read(raw)
    except InvalidTransaction as error:
        raise problems.invalid_field("value", error.message) from None
    if value is None:
        raise problems.invalid_field("value", "is required and missing")
    return str(value)


def _expires_at(raw: Any, now: datetime) -> datetime | None:
    if raw is None:
        return None
    try:
        moment = sent_moment(raw)
    except ValueError as error:
        raise problems.invalid_field("expires_at", str(error)) from None
    if moment <= now:
        raise problems.invalid_field("expires_at", "must lie in the future")
    return moment


def _note(raw: Any) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str) or len(raw) > LONGEST_NOTE or re.search(f"[{BREAKING}]", raw) or not is_unicode(raw):
        raise problems.invalid_field("note", f"must be a text of one line with at most {LONGEST_NOTE} characters")
    return raw
