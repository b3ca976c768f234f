"""Reads whole columns at once, by the rules of model.field: what is not in the plainest form is read one by one by
those rules themselves, so that a file and a request can never be understood differently."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model import timestamps
from model.field import LARGEST_NUMBER, Field, InvalidTransaction
from model.schema import Label
from model.transaction import read_id

Array = np.ndarray[Any, Any]
MISSING, INVALID = -1, -2
PLAIN_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$"
PLAIN_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?$"
PLAIN_ID = r"^[!-~]([ -~]{0,62}[!-~])?$"
_MICROSECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cell(raw: Any) -> Any:
    """A value of a file as a request would carry it: missing as None, 7.0 as the whole number it was."""
    if isinstance(raw, float) and math.isnan(raw):
        return None
    if isinstance(raw, float) and raw.is_integer() and abs(raw) <= 2**53:
        return int(raw)
    if isinstance(raw, Decimal):
        return float(raw)
    return raw.isoformat() if isinstance(raw, date) else raw


class Texts:
    """A column of texts as codes into its distinct values, over all blocks and files."""

    def __init__(self, read: Callable[[Any], str | None]) -> None:
        self.values: list[str] = []
        self._read = read
        self._codes: dict[str, int] = {}
        self._codes_of_raw: dict[Any, int] = {}

    def codes(self, array: Any) -> Array:
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        of_entry = [self._code(raw) for raw in encoded.dictionary.to_pylist()]
        of_entry.append(self._code(None) if encoded.null_count else MISSING)
        entries = encoded.indices.fill_null(len(of_entry) - 1).to_numpy(zero_copy_only=False)
        codes: Array = np.array(of_entry, dtype=np.int32)[entries]
        return codes

    def _code(self, raw: Any) -> int:
        key = (type(raw), raw)
        code = self._codes_of_raw.get(key)
        if code is None:
            code = self._codes_of_raw[key] = self._new_code(raw)
        return code

    def _new_code(self, raw: Any) -> int:
        try:
            text = self._read(cell(raw))
        except InvalidTransaction:
            return INVALID
        if text is None:
            return MISSING
        if text not in self._codes:
            self._codes[text] = len(self.values)
            self.values.append(text)
        return self._codes[text]


def numbers(field: Field, array: Any) -> tuple[Array, Array]:
    """Values (NaN = missing) and which of them break the field's rules."""
    if is_text(array):
        values, bad = _parse_numbers(field, array)
    elif _is_numeric(array.type):
        values = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
        bad = np.zeros(len(values), dtype=bool)
    else:
        values = np.full(len(array), np.nan)
        bad = np.ones(len(array), dtype=bool)
    missing = np.isnan(values) & ~bad
    bad |= missing & field.required
    bad |= ~missing & ~((values >= max(field.min, -LARGEST_NUMBER)) & (values <= min(field.max, LARGEST_NUMBER)))
    return values, bad


def _parse_numbers(field: Field, array: Any) -> tuple[Array, Array]:
    array = _plain_strings(array)
    plain = _matches(array, PLAIN_NUMBER)
    values = np.full(len(array), np.nan)
    values[plain] = pc.cast(array.filter(pa.array(plain)), pa.float64()).to_numpy(zero_copy_only=False)
    bad = np.zeros(len(array), dtype=bool)
    for at in np.flatnonzero(~plain):
        try:
            value = field.read_cell(array[int(at)].as_py() or "")
        except InvalidTransaction:
            bad[at] = True
        else:
            values[at] = np.nan if value is None else value
    return values, bad


def times(array: Any, zone: tzinfo | None) -> tuple[Array, Array]:
    """Microseconds since 1970 in UTC, and which of them cannot be read."""
    if pa.types.is_timestamp(array.type) and (array.type.tz or zone is UTC):
        moments = pc.cast(array, pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())
        return _in_range(moments.fill_null(-1).to_numpy(zero_copy_only=False))
    if is_text(array):
        array = _plain_strings(array)
        if fast := _parse_times(array, zone):
            return fast
    elif pa.types.is_timestamp(array.type):
        array = pc.cast(array, pa.timestamp("us", array.type.tz), safe=False)
    moments = [_moment(raw, zone) for raw in array.to_pylist()]
    return _in_range(np.array(moments, dtype=np.int64))


def _parse_times(array: Any, zone: tzinfo | None) -> tuple[Array, Array] | None:
    """All of the block at once when every text is plain and every date exists; None otherwise."""
    if not _matches(array, PLAIN_TIME).all():
        return None
    if zone is not UTC and not pc.all(pc.ends_with(array, "Z")).as_py():
        return None
    try:
        parsed = pc.cast(pc.utf8_rtrim(array, "Z"), pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return _in_range(parsed.cast(pa.int64()).to_numpy(zero_copy_only=False))


def read_time(raw: Any, zone: tzinfo | None) -> datetime:
    if raw is None or raw == "" or raw != raw:  # NaN and NaT differ from themselves
        raise ValueError("is required and missing")
    if isinstance(raw, datetime):
        if raw.tzinfo:
            return timestamps.in_range(raw.astimezone(UTC).replace(tzinfo=None))
        if zone is None:
            raise ValueError("has no UTC offset: set timestamp.timezone in the schema")
        return timestamps.localise(raw, zone)
    if not isinstance(raw, str | date):
        raise ValueError("must be an ISO 8601 timestamp such as 2026-03-01T12:30:00Z")
    return timestamps.parse(raw if isinstance(raw, str) else raw.isoformat(), zone)


def _moment(raw: Any, zone: tzinfo | None) -> int:
    try:
        since = read_time(raw, zone) - _EPOCH
    except ValueError:
        return -1
    return (since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds


def _in_range(moments: Array) -> tuple[Array, Array]:
    latest = int((timestamps.LATEST - _EPOCH).total_seconds()) * _MICROSECOND
    return moments, (moments < 0) | (moments >= latest)


def ids(array: Any) -> tuple[Any, Array]:
    """Transaction ids as texts, and which of them are unusable."""
    if pa.types.is_integer(array.type):
        return array.cast(pa.large_string()), array.is_null().to_numpy(zero_copy_only=False)
    if is_text(array):
        array = _plain_strings(array)
        if _matches(array, PLAIN_ID).all():
            return array.cast(pa.large_string()), np.zeros(len(array), dtype=bool)
    texts = [_id_or_none(raw) for raw in array.to_pylist()]
    return pa.array(texts, pa.large_string()), np.array([text is None for text in texts], dtype=bool)


def _id_or_none(raw: Any) -> str | None:
    try:
        return read_id(cell(raw))
    except InvalidTransaction:
        return None


def labels(label: Label) -> Texts:
    """Reads label forms into the texts 1 and 0."""

    def read(raw: Any) -> str | None:
        known = label.read("" if raw is None else str(raw))
        return None if known is None else str(known)

    return Texts(read)


def is_text(array: Any) -> bool:
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain_strings(array: Any) -> Any:
    return array.cast(pa.string()) if array.type != pa.string() else array


def _is_numeric(kind: Any) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    )


def _matches(array: Any, pattern: str) -> Array:
    found: Array = pc.match_substring_regex(array, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return found
