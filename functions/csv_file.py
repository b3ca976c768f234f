"""Reads CSV files that people drop, packed or not, in bounded memory: what a record is, not what its cells mean."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, cast

from model import csv_records, file_forms
from model.csv_records import Record

LONGEST_LINE = 2**17  # characters; hundreds of them are in memory at once
MOST_LINES = 5_000_000  # a packed file can be a thousand times as long as it looks
MOST_CHARACTERS = 2**32
PEEKED = 4096


class UnreadableError(Exception):
    """The file as a whole cannot be read; the message says why."""


def records(content: IO[bytes], errors: str = "strict") -> Iterator[Record]:
    """Those that are not blank. `errors` is what becomes of bytes that are no UTF-8, as codecs call it."""
    try:
        text = io.TextIOWrapper(_unpacked(content), "utf-8-sig", errors=errors, newline="")
        yield from csv_records.records(csv.reader(_lines(text), strict=True))
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is no CSV file in UTF-8 ({error})") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableError(f"the gzip file is damaged or cut off ({error})") from error


def _unpacked(content: IO[bytes]) -> IO[bytes]:
    """What the file is, its content tells, not its name."""
    plain = io.BufferedReader(cast("io.RawIOBase", content))
    if plain.peek(PEEKED)[:2] == file_forms.GZIP:
        plain = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=plain)))
    start = plain.peek(PEEKED)[:PEEKED]
    if start[:4] == file_forms.PARQUET:
        raise UnreadableError("it is a Parquet file, which only trainings read; save it as CSV")
    if otherwise := file_forms.no_csv(start):
        raise UnreadableError(f"it {otherwise}")
    return plain


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    characters = 0
    for number, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), 1):
        characters += len(line)
        if len(line) == LONGEST_LINE:
            raise UnreadableError(f"line {number} is longer than {LONGEST_LINE:,} characters")
        if number > MOST_LINES or characters > MOST_CHARACTERS:
            raise UnreadableError(f"it has more than {MOST_LINES:,} lines or {MOST_CHARACTERS:,} characters; split it")
        yield line
