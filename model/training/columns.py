"""Reads whole columns at once, by the rules of model.field: what is not in the plainest form is read one by one by
those rules themselves, so that a file and a request can never be understood differently."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.field import LARGEST_NUMBER, Field, InvalidTransaction
from model.schema import Label
from model.transaction import read_id

Array = np.ndarray[Any, Any]
MISSING, INVALID = -1, -2
PLAIN_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$"
PLAIN_ID = r"^[!-~]([ -~]{0,62}[!-~])?$"


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
    array = plain_strings(array)
    plain = matches(array, PLAIN_NUMBER)
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


def ids(array: Any) -> tuple[Any, Array]:
    """Transaction ids as texts, and which of them are unusable."""
    if pa.types.is_integer(array.type):
        return array.cast(pa.large_string()), array.is_null().to_numpy(zero_copy_only=False)
    if is_text(array):
        array = plain_strings(array)
        if matches(array, PLAIN_ID).all():
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


def plain_strings(array: Any) -> Any:
    return array.cast(pa.string()) if array.type != pa.string() else array


def _is_numeric(kind: Any) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    )


def matches(array: Any, pattern: str) -> Array:
    found: Array = pc.match_substring_regex(array, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return found
