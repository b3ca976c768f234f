"""One scoring request that the schema accepts, for people to copy and tests to send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from model.field import Field, InvalidTransaction
from model.schema import Schema
from model.timestamps import EARLIEST, UNITS
from model.transaction import ID

HAPPENED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
TEXTS = {"email": ("someone@example.com", "a@b"), "ip": ("203.0.113.7", "::"), "time": ("2026-02-01T09:00:00Z",)}
NUMBERS = {"amount": 49.9, "number": 42}


def transaction(schema: Schema, known: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """`known` are values that the model has met, of its category features. The id follows from everything else, so
    that an example that was sent stays the same decision, and another one gets an id of its own."""
    given = {field.name: value(field, (known or {}).get(field.name, ())) for field in schema.fields}
    content = {schema.timestamp: _moment(schema.time_unit)} | {k: v for k, v in given.items() if v is not None}
    return {ID: f"example-{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]}"} | content


def value(field: Field, known: Sequence[str] = ()) -> str | float | None:
    """The first candidate that the field takes; None for a field that is not read."""
    if field.role == "ignore":
        return None
    return next((candidate for candidate in _candidates(field, known) if _is_taken(field, candidate)), None)


def _candidates(field: Field, known: Sequence[str]) -> Iterator[str | float]:
    if field.numeric:
        yield min(max(NUMBERS[field.role], field.min), field.max)
        return
    yield from (*field.values, *TEXTS.get(field.role, ()), *known)
    if field.role == "entity":
        yield f"{field.name.removesuffix('_id')}-1"
    yield from ("other"[: field.max_length], "1")


def _is_taken(field: Field, candidate: str | float) -> bool:
    try:
        return field.read(candidate) is not None
    except InvalidTransaction:
        return False


def _moment(unit: str | None) -> str | float:
    if unit is None:
        return f"{HAPPENED:%Y-%m-%dT%H:%M:%SZ}"
    number = (HAPPENED - EARLIEST) / timedelta(microseconds=UNITS[unit])
    return int(number) if number.is_integer() else number
