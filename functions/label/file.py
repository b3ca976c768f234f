"""A file of labels, row by row: our own columns, or those of Amazon Fraud Detector. A bad row is named, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from functions.csv_file import UnreadableError, records
from functions.label.label import FRAUD, LEGIT, Label, past
from model import label as forms
from model import timestamps
from model.field import InvalidTransaction
from model.transaction import ID, read_id

COLUMNS = (  # transaction, label, when it was given (which a file may leave out)
    (ID, "label", "labelled_at"),
    ("event_id", "event_label", "label_timestamp"),
)


@dataclass(frozen=True)
class Rejected:
    reason: str


@dataclass(frozen=True)
class Row:
    line: int
    found: Label | Rejected | None  # None: the label is blank, nobody knows yet


def rows(content: IO[bytes], words: forms.Label, dropped_at: datetime) -> Iterator[Row]:
    """A label without a time was given when its file was dropped: read twice, it is the same label."""
    found = records(content)
    places = _places(next((record.cells for record in found), []))
    for record in found:
        if record.damage:
            yield Row(record.end, Rejected(f"cannot be read as CSV: {record.damage}"))
        else:
            yield Row(record.end, _row(record.cells, places, words, dropped_at))


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
