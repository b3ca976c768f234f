"""The features of a whole table as one float32 matrix: the fast twin of model/features.py, proved equal by tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from model import features
from model.schema import CALENDAR_FEATURES, Field, Schema
from model.training import lookback
from model.training.columns import Array
from model.training.table import Table

DAY = 86_400_000_000  # microseconds
HOUR = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_CATEGORIES = 255
FEWEST_OF_A_CATEGORY = 10  # rarer values say nothing that lasts
SPELLS, LASTING = 10, 3  # nor do values seen in fewer tenths of the rows, such as the network of one attack


def learn_categories(schema: Schema, table: Table, rows: Array) -> dict[str, tuple[str, ...]]:
    """The values of each category feature that last among these rows, the most frequent first."""
    learned = {}
    spell = _spells(table.time[rows])
    for field in schema.fields:
        if not field.categories:
            continue
        codes, size = table.values[field.name][rows], len(table.vocabularies[field.name]) + 1
        counts = np.bincount((codes + 1) * SPELLS + spell, minlength=size * SPELLS).reshape(size, SPELLS)
        for name, of_value in zip(field.features, _derived(field, table), strict=True):
            if name in field.categories:
                learned[name] = _lasting(of_value, counts[1:], int(spell.max(initial=0)) + 1)  # 0 counts the missing
    return learned


def _lasting(of_value: tuple[Any, ...], counts: Array, spells: int) -> tuple[str, ...]:
    """Of the values, of which `counts` has a row each: what they become, if that is often and lastingly there."""
    total: dict[str, int] = {}
    seen: dict[str, int] = {}  # in which spells, a bit for each
    bits = (counts > 0) @ (1 << np.arange(SPELLS))
    for value, count, when in zip(of_value, counts.sum(axis=1).tolist(), bits.tolist(), strict=True):
        if value is not None:
            total[value] = total.get(value, 0) + count
            seen[value] = seen.get(value, 0) | when
    enough = [value for value, count in total.items() if count >= FEWEST_OF_A_CATEGORY]
    kept = [value for value in enough if seen[value].bit_count() >= min(LASTING, spells)]
    return tuple(sorted(kept, key=lambda value: (-total[value], value))[:MOST_CATEGORIES])


def _spells(time: Array) -> Array:
    """In which tenth of the rows, by time, each row lies; equal times together, and none of the numbers left out."""
    tenth = np.searchsorted(np.sort(time), time) * SPELLS // max(len(time), 1)
    found: Array = np.unique(tenth, return_inverse=True)[1]
    return found


def matrix(schema: Schema, table: Table, categories: dict[str, tuple[str, ...]]) -> Array:
    """All rows at once, for each has the earlier ones as its history; a part of them is cut out of the result."""
    filled = np.empty((len(table), len(features.names(schema))), dtype=np.float32)
    lookback.fill(schema.history_plan, table, filled[:, fill_present(schema, table, categories, filled) :])
    return filled


def fill_present(schema: Schema, table: Table, categories: dict[str, tuple[str, ...]], filled: Array) -> int:
    """Writes the features that need no history, which come first; says how many they are."""
    at = 0
    for field in schema.fields:
        for column in _columns(field, table, categories):
            filled[:, at] = column
            at += 1
    for column in calendar(table.time):
        filled[:, at] = column
        at += 1
    return at


def calendar(time: Array) -> tuple[Array, ...]:
    hour = time % DAY // HOUR
    weekday = (time // DAY + 3) % 7  # 1970-01-01 was a Thursday
    found = {"hour": hour, "weekday": weekday, "is_night": hour < features.NIGHT_ENDS, "is_weekend": weekday >= 5}
    return tuple(found[name] for name in CALENDAR_FEATURES)


def _columns(field: Field, table: Table, categories: dict[str, tuple[str, ...]]) -> list[Any]:
    if not field.features:
        return []
    if field.numeric:
        return [table.values[field.name]]
    if field.role == "time":
        return [_seconds_ago(field, table)]
    encoded = []
    for name, of_value in zip(field.features, _derived(field, table), strict=True):
        if name in categories:
            codes = {value: float(code) for code, value in enumerate(categories[name])}
            of_value = tuple(codes.get(value, np.nan) for value in of_value)
        of_code = np.array([*of_value, np.nan], dtype=np.float32)  # None becomes NaN
        encoded.append(of_code[table.values[field.name]])  # -1, missing, takes the last
    return encoded


def _seconds_ago(field: Field, table: Table) -> Array:
    known = [datetime.fromisoformat(text) - EPOCH for text in table.vocabularies[field.name]]
    of_code = np.array([*(since // timedelta(microseconds=1) for since in known), 0], dtype=np.int64)
    codes = table.values[field.name]
    seconds: Array = np.where(codes < 0, np.nan, (table.time - of_code[codes]) / 1e6)
    return seconds


def _derived(field: Field, table: Table) -> list[tuple[Any, ...]]:
    """For each feature of the field: what each distinct value of the column becomes."""
    values = [features.derive(field.role, value) for value in table.vocabularies[field.name]]
    return list(zip(*values, strict=True)) if values else [() for _ in field.features]
