"""Rows of the user's files as requests to the REST API."""

import datetime
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from local.rows import afterwards, examples, moment

SCHEMA: dict[str, Any] = {
    "transaction_id": {"column": "id"},
    "timestamp": {"column": "when", "timezone": "Europe/Berlin"},
    "label": {"column": "label", "fraud": ["1", "true", "fraud"], "legit": ["0", "false", "legit"]},
    "fields": {
        "amount": {"role": "amount"},
        "customer": {"role": "entity"},
        "note": {"role": "ignore"},
        "country": {"role": "category"},
    },
}
CSV = """id,when,amount,customer,note,country,label
1,2026-03-01 10:00:00,12.50,0042,x,DE,0
2,2026-03-01 11:00:00,99,0043,x,,1
3,2026-07-01 12:00:00,7,0044,x,NO,0
"""


def test_a_csv_row_keeps_texts_as_they_are_and_gets_a_rest_timestamp(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    _, fraud, legit = examples(path, SCHEMA)
    assert (legit.label, fraud.label) == ("legit", "fraud")
    assert legit.request == {
        "when": "2026-07-01T12:00:00+02:00",
        "amount": 7.0,
        "customer": "0044",
        "country": "NO",
    }
    assert fraud.request == {
        "when": "2026-03-01T11:00:00+01:00",
        "amount": 99.0,
        "customer": "0043",
    }


def test_a_parquet_row_gives_the_same_kinds_of_values(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    when = datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.UTC)
    rows = [{"id": 1, "when": when, "amount": 5, "customer": 42.0, "country": None, "label": 1}]
    pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    (only,) = examples(path, SCHEMA)
    assert only.request == {
        "when": "2026-03-01T10:00:00+00:00",
        "amount": 5.0,
        "customer": "42",
    }


def test_files_without_labels_give_unlabelled_examples(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("when,amount\n2026-03-01T10:00:00Z,1\n2026-03-01T11:00:00Z,2\n")
    schema = {"timestamp": {"column": "when"}, "fields": {"amount": {"role": "amount"}}}
    assert [(found.label, found.request["amount"]) for found in examples(path, schema)] == [
        ("unknown", 1.0),
        ("unknown", 2.0),
    ]


@pytest.mark.parametrize(
    "content",
    [
        CSV.replace("99,0043", "many,0043").encode(),
        CSV.replace("2026-03-01 11:00:00", "yesterday").encode(),
        CSV.replace("2026-03-01 11:00:00", "9999-12-31 11:00:00").encode(),
        CSV.replace("99,0043,x", "99").encode(),
        CSV.replace("99,0043,x", "99,0043,x,y").encode(),
        CSV.replace("99,0043,x", "99,0043," + "x" * 200_000).encode(),
    ],
)
def test_rows_that_the_training_sets_aside_are_passed_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert [found.request["customer"] for found in examples(path, SCHEMA)] == ["0042", "0044"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", CSV.encode()),  # not gzipped after all
        ("a.parquet", CSV.encode()),
        ("a.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("a.csv", CSV.replace("id,when,amount", "id, when , amount", 1).encode()),
        ("a.csv", CSV.replace(",x,DE", ",M\xfcller,DE").encode("latin-1")),
        ("a.csv", CSV.replace("\n", "\r\n").encode()),
        ("a.csv", b"\n" + CSV.encode()),
    ],
)
def test_a_file_is_read_as_the_training_reads_it(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert [found.label for found in examples(path, SCHEMA)] == ["legit", "fraud", "legit"]


@pytest.mark.parametrize(
    ("written", "timezone", "sent"),
    [
        ("2026-03-01T12:30:00Z", None, "2026-03-01T12:30:00+00:00"),
        ("2026-03-01 12:30:00.250+05:30", "Europe/Berlin", "2026-03-01T12:30:00.250000+05:30"),
        ("2026-03-01", "UTC", "2026-03-01T00:00:00+00:00"),
    ],
)
def test_times_carry_an_offset(written: str, timezone: str | None, sent: str) -> None:
    assert moment(written, timezone) == sent


def test_what_is_scored_comes_after_all_that_the_file_knows_and_at_the_same_time_of_day(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    times = [one.request["when"] for one in afterwards(examples(path, SCHEMA), SCHEMA["timestamp"])]
    assert times == ["2026-07-02T10:00:00+01:00", "2026-07-02T11:00:00+01:00", "2026-07-02T12:00:00+02:00"]


def test_times_that_are_numbers_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("when,amount\n3600,1\n90000,2\n100000.5,3\n")
    schema = {"timestamp": {"column": "when", "unit": "s"}, "fields": {"amount": {"role": "amount"}}}
    found = examples(path, schema)
    assert [one.request["when"] for one in found] == [3600, 90000, 100000.5]
    assert [one.request["when"] for one in afterwards(found, schema["timestamp"])] == [176400, 176400, 186400.5]


def test_times_in_a_form_of_their_own_become_iso_8601(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("when,joined\n01.07.2026 12:00,2025-01-31\n1.7.2026 13:00,\n2026-07-01 14:00,2025-01-31\n")
    when = {"column": "when", "timezone": "Europe/Berlin", "format": "%d.%m.%Y %H:%M"}
    first, second = examples(path, {"timestamp": when, "fields": {"joined": {"role": "time"}}})
    assert first.request == {"when": "2026-07-01T12:00:00+02:00", "joined": "2025-01-31T00:00:00+01:00"}
    assert second.request == {"when": "2026-07-01T13:00:00+02:00"}


def test_no_rows_stay_no_rows() -> None:
    assert afterwards([], SCHEMA["timestamp"]) == []
