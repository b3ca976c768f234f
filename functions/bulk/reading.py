"""The rows of a file as requests, in parts. What was done is skipped, not read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched, islice
from typing import IO, Any

from functions.csv_file import UnreadableError, records
from model.csv_records import Record
from model.document import SchemaError
from model.field import InvalidTransaction
from model.file_row import ROW, Layout
from model.header import HeaderError
from model.schema import Schema

ROWS = 500  # in a part; at ten a second it takes less than the time that a part may (functions/bulk/handler.py)


@dataclass(frozen=True)
class Rejected:
    field: str
    expected: str


@dataclass(frozen=True)
class Row:
    line: int
    found: dict[str, Any] | Rejected


class Reading:
    def __init__(self, content: IO[bytes], name: str, schema: Schema, rows_called: str) -> None:
        """`rows_called` is what the id of a row without one begins with."""
        self._records, self._rows_called = records(content, errors="surrogateescape"), rows_called
        header = next(self._records, None)
        if header is None or header.damage:
            raise UnreadableError(f"its header cannot be read as CSV: {header.damage}" if header else "has no header")
        try:
            self._layout = Layout.of(schema, name, header.cells)
        except (HeaderError, SchemaError) as error:
            raise UnreadableError(str(error)) from error

    @property
    def ignored(self) -> list[str]:
        return self._layout.labels

    def parts(self, done: int) -> Iterator[list[Row]]:
        left = islice(self._records, done * ROWS, None)
        return ([self._row(record) for record in part] for part in batched(left, ROWS))

    def _row(self, record: Record) -> Row:
        if record.damage:
            return Row(record.line, Rejected(ROW, f"cannot be read as CSV: {record.damage}"))
        try:
            return Row(record.line, self._layout.request(record.cells, f"{self._rows_called}:{record.line}"))
        except InvalidTransaction as error:
            return Row(record.line, Rejected(error.field, error.message))
