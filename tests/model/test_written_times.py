"""Times of files in a form of their own: days or months first, no separators."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.schema import Schema, SchemaError
from model.timestamps import Written
from model.training import moments
from model.training.problems import Rejections
from model.training.table import read_files
from tests.model.conftest import small

FORM = "%d.%m.%Y %H:%M:%S"


def written(form=FORM, **more):
    return Schema.from_dict(small(timestamp={"column": "time", "format": form, "timezone": "Europe/Berlin"} | more))


def read(tmp_path, asked, values, suffix="csv"):
    ids = [f"t{number}" for number in range(len(values))]
    data = pandas.DataFrame({"id": ids, "time": values, "amount": 1.5, "card": "x", "shop": "s", "fraud": 0})
    path, rejected = tmp_path / f"data.{suffix}", Rejections()
    data.to_parquet(path) if suffix == "parquet" else data.to_csv(path, index=False)
    return read_files(asked, [("data", path)], rejected), rejected.rows


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_times_are_read_by_their_format_and_zone(tmp_path, suffix):
    table, rejected = read(
        tmp_path, written(), ["02.03.2026 13:30:00", "02.03.2026 13:30:00", "1.7.2026 0:00:00"], suffix
    )
    assert rejected == []
    assert pandas.to_datetime(table.time, unit="us", utc=True).tolist() == [
        datetime(2026, 3, 2, 12, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 12, 30, tzinfo=UTC),
        datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
    ]


def test_what_does_not_fit_is_set_aside_with_the_format(tmp_path):
    values = ["02.03.2026 13:30:00", "2026-03-02T12:30:00Z", "31.02.2026 00:00:00", "01.01.1960 00:00:00", None]
    table, rejected = read(tmp_path, written(), values)
    assert len(table) == 1
    assert [row.reason for row in rejected] == [
        "must be a time written as %d.%m.%Y %H:%M:%S",
        "must be a time written as %d.%m.%Y %H:%M:%S",
        "must lie between the years 1970 and 2200",
        "is required and missing",
    ]


def test_requests_always_write_iso_8601():
    transaction = written().validate(
        {"transaction_id": "t", "amount": 1, "card": "c", "time": "2026-03-02T13:30:00+01:00"}
    )
    assert transaction.timestamp == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def test_a_column_of_real_times_needs_no_format(tmp_path):
    table, rejected = read(tmp_path, written(), [pandas.Timestamp("2026-03-02T13:30:00")], "parquet")
    assert rejected == []
    assert table.time.tolist() == [1_772_454_600_000_000]


CELLS = st.datetimes(datetime(1960, 1, 1), datetime(2250, 1, 1)).map(lambda moment: moment.strftime(FORM))  # noqa: DTZ001


@given(
    st.lists(st.none() | CELLS | st.sampled_from(["", " ", "29.02.2025 00:00:00", " 01.02.2026 00:00:00 "]), min_size=1)
)
def test_a_column_reads_like_its_cells(cells):
    clock = Written(FORM, ZoneInfo("Europe/Berlin"))
    since, bad = moments.times(pa.array(cells, pa.string()), clock)
    for cell, found, wrong in zip(cells, since.tolist(), bad.tolist(), strict=True):
        try:
            expected = moments.read_time(cell, clock)
        except ValueError:
            assert wrong, cell
            continue
        assert not wrong, cell
        assert found == expected.timestamp() * 1e6


@pytest.mark.parametrize(
    ("timestamp", "said"),
    [
        ({"format": "%H:%M"}, r"timestamp\.format: expected day, month and year"),
        ({"format": "%d.%m.%Y %z"}, r"timestamp\.format: expected day, month and year"),
        ({"timezone": ""}, r"timestamp\.timezone: expected together with format"),
        ({"unit": "s", "timezone": ""}, r"timestamp\.format: expected only without unit"),
    ],
)
def test_contradictions_are_refused(timestamp, said):
    with pytest.raises(SchemaError, match=said):
        written(**timestamp)


def test_the_format_is_kept_in_the_document_of_the_schema():
    assert Schema.from_dict(written().to_dict()) == written()
