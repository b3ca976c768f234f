"""Reads a whole column of times at once, by the rules of model.timestamps: blocks of plain ISO 8601 as a whole, all
others one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model import timestamps
from model.field import InvalidTransaction
from model.file_row import COUNTED, moment
from model.timestamps import Clock, Count, Written
from model.training import columns
from model.training.columns import Array, is_text, matches, plain_strings

PLAIN_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?$"
_MICROSECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times(array: Any, zone: Clock) -> tuple[Array, Array]:
    """Microseconds since 1970 in UTC, and which of them cannot be read."""
    if isinstance(zone, Count):
        return _counted(array, zone)
    if isinstance(zone, Written):
        if is_text(array):
            return _each_once(array, zone)
        zone = zone.zone
    if pa.types.is_timestamp(array.type) and (array.type.tz or zone is UTC):
        moments = pc.cast(array, pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())
        return _in_range(moments.fill_null(-1).to_numpy(zero_copy_only=False))
    if is_text(array):
        array = plain_strings(array)
        if fast := _parse_times(array, zone):
            return fast
    elif pa.types.is_timestamp(array.type):
        array = pc.cast(array, pa.timestamp("us", array.type.tz), safe=False)
    moments = [_moment(raw, zone) for raw in array.to_pylist()]
    return _in_range(np.array(moments, dtype=np.int64))


def times_or_blank(array: Any, zone: Clock) -> tuple[Array, Array, Array]:
    """The same for a column that need not say anything: microseconds, which are blank, which cannot be read."""
    blank = array.is_null(nan_is_null=pa.types.is_floating(array.type)).to_numpy(zero_copy_only=False)
    if is_text(array):
        array = plain_strings(array)
        blank |= matches(array, r"^\s*$")
    moments, bad = np.zeros(len(array), dtype=np.int64), np.zeros(len(array), dtype=bool)
    told = np.flatnonzero(~blank)
    moments[told], bad[told] = times(array.take(pa.array(told)), zone)
    return moments, blank, bad


def _each_once(array: Any, zone: Clock) -> tuple[Array, Array]:
    encoded = plain_strings(array).dictionary_encode()
    of_entry = [_moment(raw, zone) for raw in encoded.dictionary.to_pylist()]
    entries = encoded.indices.fill_null(len(of_entry)).to_numpy(zero_copy_only=False)
    return _in_range(np.array([*of_entry, -1], dtype=np.int64)[entries])


def _counted(array: Any, count: Count) -> tuple[Array, Array]:
    numbers, bad = columns.numbers(COUNTED, array)
    moments = np.rint(np.where(bad, -1.0, numbers) * timestamps.UNITS[count.unit])
    return _in_range(np.clip(moments, -1, 2**62).astype(np.int64))


def _parse_times(array: Any, zone: Clock) -> tuple[Array, Array] | None:
    """All of the block at once when every text is plain and every date exists; None otherwise."""
    if not matches(array, PLAIN_TIME).all():
        return None
    if zone is not UTC and not pc.all(pc.ends_with(array, "Z")).as_py():
        return None
    try:
        parsed = pc.cast(pc.utf8_rtrim(array, "Z"), pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return _in_range(parsed.cast(pa.int64()).to_numpy(zero_copy_only=False))


def read_time(raw: Any, zone: Clock) -> datetime:
    if raw is None or raw == "" or raw != raw:  # NaN and NaT differ from themselves
        raise ValueError("is required and missing")
    if isinstance(raw, str):
        return moment(raw, zone)
    if isinstance(zone, Count):
        return zone.moment(_number(raw))
    if isinstance(zone, Written):
        zone = zone.zone
    if isinstance(raw, datetime):
        if raw.tzinfo:
            return timestamps.in_range(raw.astimezone(UTC).replace(tzinfo=None))
        if zone is None:
            raise ValueError("has no UTC offset: set timestamp.timezone in the schema")
        return timestamps.localise(raw, zone)
    if not isinstance(raw, date):
        raise ValueError("must be an ISO 8601 timestamp such as 2026-03-01T12:30:00Z")
    return timestamps.parse(raw.isoformat(), zone)


def _number(raw: Any) -> float:
    try:
        number = COUNTED.number(columns.cell(raw))
    except InvalidTransaction as invalid:
        raise ValueError(invalid.message) from None
    return float(number or 0.0)


def _moment(raw: Any, zone: Clock) -> int:
    try:
        since = read_time(raw, zone) - _EPOCH
    except ValueError:
        return -1
    return (since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds


def _in_range(moments: Array) -> tuple[Array, Array]:
    latest = int((timestamps.LATEST - _EPOCH).total_seconds()) * _MICROSECOND
    return moments, (moments < 0) | (moments >= latest)
