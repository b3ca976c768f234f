"""Files as people drop them: read record by record, whatever they are packed in, and never at any price."""

import gzip
import io

import pytest

from functions import csv_file
from functions.csv_file import UnreadableError, records


def read(content: bytes, **options: str) -> list[tuple[int, int, list[str]]]:
    return [record[:3] for record in records(io.BytesIO(content), **options)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_records_know_their_lines(pack):
    content = b'\xef\xbb\xbfa,b\r\n1,"x\ny"\r\n\r\n\r\n2,z\r\n'
    assert read(pack(content)) == [(1, 1, ["a", "b"]), (2, 3, ["1", "x\ny"]), (6, 6, ["2", "z"])]


def test_a_damaged_record_is_one_and_the_next_is_read():
    _, damaged, good = records(io.BytesIO(b'a,b\n"1"x,2\n3,4\n'))
    assert (damaged.line, damaged.cells) == (2, []) and "expected" in damaged.damage
    assert (good.line, good.cells) == (3, ["3", "4"])


def test_bytes_that_are_no_utf8_can_be_kept_to_their_record():
    with pytest.raises(UnreadableError, match="UTF-8"):
        read(b"a\n\xff\n")
    assert read(b"a\n\xff\n", errors="surrogateescape")[1] == (2, 2, ["\udcff"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (gzip.compress(b""), "is empty"),
        (b"PAR1" + bytes(50), "Parquet file, which only trainings read"),
        (b"PK\x03\x04" + bytes(50), "ZIP or Excel"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        (gzip.compress(b"a,b\n1,2\n")[:-9], "damaged or cut off"),
        (b"\x1f\x8b but not really packed", "damaged or cut off"),
        (b"a,b\n" + b"1," * 2**20, "line 2 is longer than 131,072 characters"),
    ],
    ids=["empty", "empty gzip", "parquet", "zip", "utf-16", "half a gzip", "no gzip", "long line"],
)
def test_what_is_no_csv_file_is_refused_with_a_reason(content, words):
    with pytest.raises(UnreadableError, match=words):
        read(content)


def test_a_packed_file_is_not_unpacked_without_end(monkeypatch):
    monkeypatch.setattr(csv_file, "MOST_LINES", 1000)
    bomb = gzip.compress(b"\n" * 10_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(UnreadableError, match="more than 1,000 lines"):
        read(bomb)
