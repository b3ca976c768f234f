"""A row of a CSV file as the request that POST /score takes: what training reads in whole columns, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from model import timestamps
from model.document import SchemaError
from model.field import Field, InvalidTransaction
from model.header import columns_to_read
from model.schema import Schema
from model.timestamps import Clock, Count, Written
from model.transaction import ID, read_id

ROW = "row"  # stands for the field where a row as a whole is wrong
COUNTED = Field("timestamp", "number", required=True)


@dataclass(frozen=True)
class Layout:
    """Where the cells of a file's rows are, by its header."""

    schema: Schema  # its id column is one that the file has, or there is none
    clock: Clock
    places: dict[str, int]
    width: int

    @classmethod
    def of(cls, schema: Schema, file: str, names: Sequence[str]) -> Layout:
        """HeaderError where the header does not fit. The id's column may also be called as requests call it."""
        found = [name.strip() for name in names]
        if ID in found and schema.id_column not in found:
            schema = replace(schema, id_column=ID)
        wanted = columns_to_read(schema, file, found, labelled=False)
        return cls(schema, clock_of(schema), {name: found.index(name) for name in wanted}, len(found))

    @property
    def labels(self) -> list[str]:
        """Columns that say what became of the rows, of which scoring must not know."""
        label = self.schema.label
        return [name for name in label.columns if name in self.places] if label else []

    def request(self, cells: Sequence[str], name: str) -> dict[str, Any]:
        """InvalidTransaction names the first field that is wrong. `name` is what a row without an id is called."""
        if len(cells) != self.width:
            raise InvalidTransaction(ROW, f"has {len(cells)} values where the header has {self.width}")
        schema, column = self.schema, self.schema.id_column
        request: dict[str, Any] = {ID: read_id(cells[self.places[column]], column) if column else name}
        request[schema.timestamp] = self._timestamp(cells[self.places[schema.timestamp]])
        for field in schema.fields:
            if field.name in self.places and (value := self._value(field, cells[self.places[field.name]])) is not None:
                request[field.name] = value
        return request

    def _timestamp(self, cell: str) -> str | float:
        try:
            found = moment(cell, self.clock)
        except ValueError as error:
            raise InvalidTransaction(self.schema.timestamp, str(error)) from None
        return float(cell) if isinstance(self.clock, Count) else found.isoformat()

    def _value(self, field: Field, cell: str) -> str | float | None:
        return field.text(cell, zone=zone_beside(self.clock)) if field.role == "time" else field.read_cell(cell)


def clock_of(schema: Schema) -> Clock:
    """How the files of this schema write times."""
    if schema.time_unit:
        return Count(schema.time_unit)
    if schema.timezone is None:
        return None
    zone = _zone(schema.timezone)
    return Written(schema.time_format, zone) if schema.time_format else zone


def zone_beside(clock: Clock) -> tzinfo | None:
    """Of a row's other times, which are ISO 8601 and may have no offset."""
    if isinstance(clock, Count):
        return None
    return clock.zone if isinstance(clock, Written) else clock


def moment(text: str, clock: Clock) -> datetime:
    """The time that a cell tells; ValueError when it tells none."""
    if text == "":
        raise ValueError("is required and missing")
    if isinstance(clock, Count):
        return clock.moment(_number(text))
    return clock.moment(text) if isinstance(clock, Written) else timestamps.parse(text, clock)


def _number(text: str) -> float:
    try:
        return float(COUNTED.read_cell(text) or 0.0)
    except InvalidTransaction as invalid:
        raise ValueError(invalid.message) from None


def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SchemaError("timestamp.timezone: expected a time zone such as UTC or Europe/Berlin") from None
