"""Records of a CSV file with the lines that they stand in, for training, which reads columns, and for functions, which
read rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple


class Record(NamedTuple):
    line: int  # where it starts, as an editor counts
    end: int
    cells: list[str]
    damage: str = ""  # why it is no record, and then it has no cells


def records(reader: Any) -> Iterator[Record]:
    """Those of a `csv.reader` that are not blank. After a damaged one the next is read."""
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(start, reader.line_num, [], str(error))
            continue
        if cells:
            yield Record(start, reader.line_num, cells)
