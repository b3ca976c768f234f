"""What a file's header must name, and what it may: a misspelt column is noticed before a row is read."""

from __future__ import annotations

import difflib
import re
from collections import Counter

from model.schema import Schema

ROW_NUMBERS = re.compile(r"__index_level_\d+__")  # pandas adds them to Parquet files of frames that were filtered


class HeaderError(Exception):
    """The header does not fit the schema; the message names the file and the column."""


def columns_to_read(schema: Schema, file: str, names: list[str], *, labelled: bool) -> list[str]:
    """`labelled`: whether the file must have the label; one that need not may all the same."""
    labels = list(schema.label.columns) if schema.label else []
    fields = [field for field in schema.fields if field.role != "ignore"]
    needed = [schema.id_column, schema.timestamp] if schema.id_column else [schema.timestamp]
    needed += labels if labelled else []
    needed += [field.name for field in fields if field.required]
    for name, count in Counter(names).items():
        if count > 1:
            raise HeaderError(f"{file}: the header names the column {_shown(name)} twice")
    for name in needed:
        if name not in names:
            raise HeaderError(f"{file}: the header lacks the column {name!r}{_hint(name, names)}")
    optional = [field.name for field in fields if not field.required] + ([] if labelled else labels)
    if schema.extra_columns == "refuse":
        _refuse_unknown(file, names, {*needed, *schema.by_name, *labels})
    return needed + [name for name in optional if name in names]


def _refuse_unknown(file: str, names: list[str], known: set[str]) -> None:
    for name in names:
        if name not in known and not ROW_NUMBERS.fullmatch(name):
            raise HeaderError(
                f"{file}: the header has the column {_shown(name)}, which the schema does not know "
                "(give it the role ignore, or set extra_columns: ignore)"
            )


def _hint(name: str, names: list[str]) -> str:
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return " (values must be separated by commas)"
    close = difflib.get_close_matches(name.lower(), [found.lower() for found in names], 1, 0.8)
    original = [found for found in names if close and found.lower() == close[0]]
    return f" (did you mean {original[0]!r}?)" if original else f"; it has {', '.join(names[:30])}"[:500]


def _shown(name: str) -> str:
    """A column's name in quotes, cut short when a damaged file makes it long."""
    return repr(name if len(name) <= 80 else name[:80] + "…")
