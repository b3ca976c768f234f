"""Opens CSV, gzipped CSV and Parquet files and yields their rows in blocks, so that memory stays bounded."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from model import file_forms
from model.csv_records import Record, records
from model.field import is_unicode
from model.training.problems import Rejections, TrainingError

BLOCK_ROWS = 50_000
CheckHeader = Callable[[str, list[str]], list[str]]  # (file, column names) → the columns to read


@dataclass(frozen=True)
class Block:
    """Some rows of a file: texts from a CSV, typed arrays from Parquet."""

    rows: np.ndarray[Any, Any]
    columns: dict[str, Any]


def blocks(path: Path, name: str, check_header: CheckHeader, rejected: Rejections) -> Iterator[Block]:
    """`name` is what messages call the file. What the file is, its content tells, not its name."""
    try:
        with path.open("rb") as raw:
            start = raw.read(4)
            raw.seek(0)
            if start == file_forms.PARQUET:
                yield from _parquet(raw, name, check_header)
            elif start[:2] == file_forms.GZIP:
                with gzip.open(raw) as unzipped:
                    yield from _csv(unzipped, name, check_header, rejected)
            else:
                yield from _csv(raw, name, check_header, rejected)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TrainingError(f"{name}: the gzip file is damaged or cut off ({error})") from None
    except pa.ArrowException as error:
        raise TrainingError(f"{name}: the Parquet file is damaged or cut off ({str(error).splitlines()[0]})") from None
    except OSError as error:
        raise TrainingError(f"{name}: cannot be read ({error.strerror or error})") from None


def _parquet(raw: IO[bytes], name: str, check_header: CheckHeader) -> Iterator[Block]:
    file = pq.ParquetFile(raw)
    wanted = check_header(name, file.schema_arrow.names)
    if file.metadata.num_rows == 0:
        raise TrainingError(f"{name}: has no rows")
    first = 1
    for batch in file.iter_batches(BLOCK_ROWS, columns=wanted):
        yield Block(np.arange(first, first + batch.num_rows), {column: batch.column(column) for column in wanted})
        first += batch.num_rows


def _csv(raw: Any, name: str, check_header: CheckHeader, rejected: Rejections) -> Iterator[Block]:
    buffered = io.BufferedReader(raw, 2**20)
    if otherwise := file_forms.no_csv(buffered.peek(4096)[:4096]):
        raise TrainingError(f"{name}: {otherwise}")
    # undecodable bytes become lone surrogates, which are found again when the cells are read
    text = io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, strict=True)
    header = _header(reader, name)
    header_end = reader.line_num
    records = _records(reader, name, rejected)
    wanted = check_header(name, header)
    positions = [header.index(column) for column in wanted]
    read = False
    while chunk := list(islice(records, BLOCK_ROWS)):
        read = True
        good = [record for record in chunk if _has_width(record, len(header), name, rejected)]
        if good:
            yield _text_block(good, wanted, positions, name, rejected)
    if not read and reader.line_num <= header_end:
        raise TrainingError(f"{name}: has a header but no rows")


def _header(reader: Any, name: str) -> list[str]:
    try:
        cells = next((cells for cells in reader if cells), None)
    except csv.Error as error:
        raise TrainingError(f"{name}: the header cannot be read as CSV: {error}") from None
    if cells is None:
        raise TrainingError(f"{name}: has no header")
    return [column.strip() for column in cells]


def _records(reader: Any, name: str, rejected: Rejections) -> Iterator[Record]:
    """The lines that an unclosed quote swallowed are set aside, each of them."""
    for record in records(reader):
        if not record.damage:
            yield record
            continue
        for line in range(record.line, record.end + 1):
            rejected.add(name, line, "row", f"cannot be read as CSV: {record.damage} (starts in line {record.line})")


def _has_width(record: Record, width: int, name: str, rejected: Rejections) -> bool:
    if len(record.cells) == width:
        return True
    for line in range(record.line, record.end + 1):
        rejected.add(name, line, "row", f"has {len(record.cells)} values where the header has {width}")
    return False


def _text_block(good: list[Record], wanted: list[str], positions: list[int], name: str, rejected: Rejections) -> Block:
    lines = np.array([record.line for record in good], dtype=np.int64)
    cells = list(zip(*(record.cells for record in good), strict=True)) or [()] * (max(positions) + 1)
    try:
        columns = {column: pa.array(cells[at], pa.string()) for column, at in zip(wanted, positions, strict=True)}
    except UnicodeEncodeError:
        decodable = [record for record in good if _is_utf8(record, wanted, positions, name, rejected)]
        return _text_block(decodable, wanted, positions, name, rejected)
    return Block(lines, columns)


def _is_utf8(record: Record, wanted: list[str], positions: list[int], name: str, rejected: Rejections) -> bool:
    for column, at in zip(wanted, positions, strict=True):
        if not is_unicode(record.cells[at]):
            rejected.add(name, record.line, column, "is not valid UTF-8 text")
            return False
    return True
