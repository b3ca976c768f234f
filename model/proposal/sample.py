"""Reads a bounded sample of files through the training's own reader, without a schema: every column, blanks apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.training.columns import Array, is_text
from model.training.files import Block, blocks
from model.training.problems import Rejections, TrainingError

MOST_ROWS = 200_000
MOST_COLUMNS = 5_000
MOST_CELLS = 10_000_000  # wide files give fewer rows


@dataclass(frozen=True)
class Column:
    """One column over all files. `arrays` hold its values without the blanks, one array for each block read."""

    name: str
    present: Array  # of every row of the sample: is there a value?
    arrays: tuple[Any, ...]
    everywhere: bool  # in every file


@dataclass(frozen=True)
class Sample:
    files: tuple[str, ...]
    rows: int
    damaged: int  # rows that are no CSV
    whole: bool  # nothing was left out
    columns: tuple[Column, ...]


def read(paths: Sequence[Path]) -> Sample:
    """The first rows of each file, so that a late file counts as much as an early one."""
    rejected = Rejections()
    found: dict[str, list[tuple[int, Any]]] = {}  # column → (first row of the block, values)
    homes: dict[str, int] = {}
    rows, whole = 0, True
    for path in paths:
        room = MOST_ROWS // len(paths)
        for block in blocks(path, path.name, _check_header, rejected):
            size = len(block.rows)
            room = min(room, MOST_CELLS // max(len(block.columns), 1) // len(paths))
            whole &= size <= room
            _keep(block, room, rows, found)
            rows += min(size, room)
            room -= min(size, room)
            if not whole:
                break
        for name in block.columns:
            homes[name] = homes.get(name, 0) + 1
    if rows == 0:
        raise TrainingError(f"there is no usable row; the first that is not: {rejected.rows[0]}")
    columns = tuple(_column(name, parts, rows, homes[name] == len(paths)) for name, parts in found.items())
    return Sample(tuple(path.name for path in paths), rows, len(rejected.rows), whole, columns)


def _check_header(file: str, names: list[str]) -> list[str]:
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise TrainingError(f"{file}: the values are not separated by commas; save it as CSV with commas")
    if len(names) > MOST_COLUMNS:
        raise TrainingError(f"{file}: the header names {len(names):,} columns; no transaction has that many")
    for name, count in Counter(names).items():
        if count > 1:
            raise TrainingError(f"{file}: the header names the column {name[:80]!a} twice")
    return names


def _keep(block: Block, room: int, first: int, found: dict[str, list[tuple[int, Any]]]) -> None:
    for name, array in block.columns.items():
        found.setdefault(name, []).append((first, array.slice(0, room)))


def _column(name: str, parts: list[tuple[int, Any]], rows: int, everywhere: bool) -> Column:
    present = np.zeros(rows, dtype=bool)
    arrays = []
    for first, array in parts:
        there = ~_blank(array)
        present[first : first + len(array)] = there
        if there.any():
            arrays.append(array.filter(pa.array(there)))
    return Column(name, present, tuple(arrays), everywhere)


def _blank(array: Any) -> Array:
    """As training sees it: null, NaN, or a text of nothing but blanks."""
    missing: Any = array.is_null(nan_is_null=pa.types.is_floating(array.type))
    if is_text(array):
        texts = array.cast(pa.string())
        missing = pc.or_(missing, pc.equal(pc.utf8_trim_whitespace(texts), "").fill_null(True))
    blank: Array = missing.to_numpy(zero_copy_only=False)
    return blank
