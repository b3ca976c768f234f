"""Times that are numbers since 1970: one meaning in requests and in files."""

from datetime import UTC, datetime, timedelta

import pandas
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.field import InvalidTransaction
from model.schema import Schema, SchemaError
from model.timestamps import UNITS, Count
from model.training import moments
from model.training.problems import Rejections
from model.training.table import read_files
from tests.model.conftest import small


def counted(unit="s", **more):
    return Schema.from_dict(small(timestamp={"column": "time", "unit": unit} | more))


def moment(schema, time):
    return schema.validate({"transaction_id": "t", "amount": 1, "card": "c", "time": time}).timestamp


@pytest.mark.parametrize(
    ("unit", "number"), [("s", 1_772_454_600), ("ms", 1_772_454_600_000), ("m", 29_540_910), ("h", 492_348.5)]
)
def test_a_request_may_count_the_time_since_1970(unit, number):
    assert moment(counted(unit), number) == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def test_parts_of_a_unit_count():
    assert moment(counted("s"), 0.25) == datetime(1970, 1, 1, microsecond=250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (None, "is required and missing"),
        ("1772454600", "must be a number"),
        (True, "must be a number"),
        (float("nan"), "must be a finite number"),
        (10**400, "must be a finite number"),
        (-1, "must lie between the years 1970 and 2200"),
        (1_772_454_600_000, "must lie between the years 1970 and 2200"),
    ],
)
def test_other_times_are_refused(time, said):
    with pytest.raises(InvalidTransaction, match=said) as refused:
        moment(counted(), time)
    assert refused.value.field == "time"


def test_a_unit_leaves_no_room_for_a_time_zone():
    with pytest.raises(SchemaError, match=r"timestamp\.timezone: expected only without unit"):
        counted(timezone="UTC")
    with pytest.raises(SchemaError, match=r"timestamp\.unit: expected one of"):
        counted("ns")


def test_the_unit_is_kept_in_the_document_of_the_schema():
    assert Schema.from_dict(counted("ms").to_dict()) == counted("ms")


NUMBERS = st.none() | st.integers(-5, 2**43) | st.floats() | st.sampled_from([7_258_118_400, 7_258_118_399, 1e15, 1e16])


@given(st.lists(NUMBERS, min_size=1), st.sampled_from(list(UNITS)), st.booleans())
def test_a_column_of_counts_reads_like_its_cells(numbers, unit, as_text):
    if as_text:
        array = pa.array(["" if number is None else repr(number) for number in numbers])
    else:
        array = pa.array([None if number is None else float(number) for number in numbers], pa.float64())
    since, bad = moments.times(array, Count(unit))
    for raw, found, wrong in zip(array.to_pylist(), since.tolist(), bad.tolist(), strict=True):
        try:
            expected = moments.read_time(raw, Count(unit))
        except ValueError:
            assert wrong, raw
            continue
        assert not wrong, raw
        assert found == (expected - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_files_of_counted_times_are_read(tmp_path, suffix):
    data = pandas.DataFrame(
        {"id": ["a", "b", "c"], "time": [0, 86_400, -1], "amount": 1.5, "card": "x", "shop": "s", "fraud": 0}
    )
    path = tmp_path / f"data.{suffix}"
    data.to_parquet(path) if suffix == "parquet" else data.to_csv(path, index=False)
    rejected = Rejections()
    table = read_files(counted(), [("data", path)], rejected)
    assert table.time.tolist() == [0, 86_400_000_000]
    assert [(row.field, row.reason) for row in rejected.rows] == [("time", "must lie between the years 1970 and 2200")]
