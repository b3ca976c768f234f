"""One transaction, checked against the schema: what features and decisions are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from model import timestamps
from model.field import PADDED, Field, InvalidTransaction, whole
from model.timestamps import OUT_OF_RANGE, Count

if TYPE_CHECKING:
    from model.schema import Schema

ID = "transaction_id"
LONGEST_ID = 64  # SageMaker takes no longer InferenceId
LONGEST_TIMESTAMP = 64


class NotHiddenError(Exception):
    """Somebody is about to keep a sensitive value."""


@dataclass(frozen=True)
class Transaction:
    id: str
    timestamp: datetime
    values: dict[str, str | float | None]
    sensitive: frozenset[str] = frozenset()  # names of fields
    pseudonyms: Mapping[str, str] = field(default_factory=dict)  # of their values

    @property
    def kept(self) -> dict[str, str | float | None]:
        """What may be stored: pseudonyms in place of sensitive values, and nothing at all where one is missing."""
        if not self.sensitive <= self.pseudonyms.keys():
            raise NotHiddenError("a sensitive value has no pseudonym")
        return {**self.values, **self.pseudonyms}


def read(schema: Schema, payload: Any) -> Transaction:
    """The transaction of a scoring request, or InvalidTransaction naming the first field that is wrong."""
    if not isinstance(payload, Mapping):
        raise InvalidTransaction("transaction", "must be a JSON object")
    if schema.extra_columns == "refuse":
        _refuse_unknown(schema, payload)
    transaction_id = sent_id(payload.get(ID))
    timestamp = _read_timestamp(schema, payload.get(schema.timestamp))
    values = {field.name: field.read(payload.get(field.name)) for field in schema.fields if field.role != "ignore"}
    sensitive = frozenset(field.name for field in schema.fields if field.sensitive and values[field.name] is not None)
    return Transaction(transaction_id, timestamp, values, sensitive)


def sent_id(raw: Any) -> str:
    """The id of a JSON request, as model/request_form.py describes it: files may pad theirs."""
    if isinstance(raw, str) and raw != raw.strip():
        raise InvalidTransaction(ID, PADDED)
    return read_id(whole(raw))


def read_id(raw: Any, name: str = ID) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**LONGEST_ID:
        raw = str(raw)
    if raw is None or raw == "":
        raise InvalidTransaction(name, "is required and missing")
    if not isinstance(raw, str):
        raise InvalidTransaction(name, "must be text or a whole number")
    text = raw.strip()
    if not is_id(text):
        raise InvalidTransaction(name, f"must have 1 to {LONGEST_ID} printable ASCII characters")
    return text


def is_id(text: str) -> bool:
    return 1 <= len(text) <= LONGEST_ID and text.isascii() and text.isprintable()


def _read_timestamp(schema: Schema, raw: Any) -> datetime:
    name = schema.timestamp
    if raw is None or raw == "":
        raise InvalidTransaction(name, "is required and missing")
    try:
        if schema.time_unit:
            return _counted(schema.time_unit, Field(name, "number", required=True).number(raw) or 0.0)
        return sent_moment(raw)
    except ValueError as error:
        raise InvalidTransaction(name, str(error)) from None


def sent_moment(raw: Any) -> datetime:
    """The time of a JSON request; ValueError when it is none."""
    if not isinstance(raw, str) or len(raw) > LONGEST_TIMESTAMP:
        raise ValueError("must be an ISO 8601 timestamp such as 2026-03-01T12:30:00Z")
    if raw != raw.strip():
        raise ValueError(PADDED)
    return timestamps.parse(raw)


def _counted(unit: str, number: float) -> datetime:
    if number < 0:  # even by less than the microsecond to which times are rounded
        raise ValueError(OUT_OF_RANGE)
    return Count(unit).moment(number)


def _refuse_unknown(schema: Schema, payload: Mapping[Any, Any]) -> None:
    for key in payload:
        if key in (ID, schema.timestamp) or key in schema.by_name:
            continue
        name = ascii(key)[1:-1][:80] if isinstance(key, str) else "transaction"
        if schema.label is not None and key in schema.label.columns:
            raise InvalidTransaction(name, "is the label, which a transaction to be scored cannot have")
        raise InvalidTransaction(name, "is not a field of the schema")
