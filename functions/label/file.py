"""A file of labels, row by row: our own columns, or those of Amazon Fraud Detector. A bad row is named, not guessed."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast

from functions.label.label import FRAUD, LEGIT, Label, past
from model import label as forms
from model import timestamps
from model.field import InvalidTransaction
from model.transaction import ID, read_id

COLUMNS = (  # transaction, label, when it was given (which a file may leave out)
    (ID, "label", "labelled_at"),
    ("event_id", "event_label", "label_timestamp"),
)


class UnreadableError(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True)
class Rejected:
    reason: str


@dataclass(frozen=True)
class Row:
    line: int
    found: Label | Rejected | None  # None: the label is blank, nobody knows yet


def rows(content: IO[bytes], name: str, words: forms.Label, dropped_at: datetime) -> Iterator[Row]:
    """A label without a time was given when its file was dropped: read twice, it is the same label."""
    try:
        unpacked = cast("IO[bytes]", gzip.GzipFile(fileobj=content)) if name.lower().endswith(".gz") else content
        reader = csv.reader(io.TextIOWrapper(unpacked, "utf-8-sig", newline=""))
        places = _places(next(reader, []))
        for cells in reader:
            if cells:
                yield Row(reader.line_num, _row(cells, places, words, dropped_at))
    except (csv.Error, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"it is no CSV file in UTF-8 ({error})") from error


def _places(header: list[str]) -> tuple[int, int, int | None]:
    names = [name.strip().lower() for name in header]
    for transaction_id, label, labelled_at in COLUMNS:
        if transaction_id in names and label in names:
            time = names.index(labelled_at) if labelled_at in names else None
            return names.index(transaction_id), names.index(label), time
    expected = " or ".join(f"{first} and {second}" for first, second, _ in COLUMNS)
    raise UnreadableError(f"its first line names neither {expected}")


def _row(
    cells: list[str], places: tuple[int, int, int | None], words: forms.Label, dropped_at: datetime
) -> Label | Rejected | None:
    transaction_id, label, time = places
    if len(cells) <= max(place for place in places if place is not None):
        return Rejected("has too few columns")
    try:
        meaning = words.read(cells[label])
        if meaning is None:
            return None
        name = read_id(cells[transaction_id])
        text = cells[time].strip() if time is not None else ""
        labelled_at = past(timestamps.parse(text), dropped_at) if text else dropped_at
    except InvalidTransaction as error:
        return Rejected(f"{error.field} {error.message}")
    except ValueError as error:
        return Rejected(f"labelled_at {error}")
    return Label(name, FRAUD if meaning else LEGIT, labelled_at)
