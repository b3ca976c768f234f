"""The vectorised reading and features equal the ones for single transactions, on anything hypothesis thinks of."""

# ruff: noqa: DTZ001 (naive times are what is tested)

import csv
import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import features, timestamps
from model.contract import Contract
from model.field import Field, InvalidTransaction
from model.label import Label
from model.schema import Schema
from model.training import columns, matrix, moments
from model.training.problems import Rejections
from model.training.table import read_files
from model.transaction import Transaction, read_id
from tests.model.conftest import small
from tests.model.lookback import Replay

BERLIN = ZoneInfo("Europe/Berlin")
NUMBERS = (
    st.floats().map(repr)
    | st.integers().map(str)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
    | st.text(alphabet="0123456789+-.eE_ ", max_size=22)
    | st.sampled_from(["", " ", "nan", "inf", "1_000", "1,5", "007", "-0", "1e999", "٣", " 5 ", "0.1", "1." + "9" * 30])
)
WORDS = st.text(max_size=12) | st.sampled_from(["", " a ", "a", "A", "\x1f", "x" * 300, "1", "1.0", "ß"])
TIMES = st.sampled_from(
    ["", "2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-02-30 00:00:00", "1969-12-31T23:59:59Z"]
) | (
    st.builds(
        lambda moment, separator, zone: moment.isoformat(separator) + zone,
        st.datetimes(datetime(1960, 1, 1), datetime(2250, 1, 1)),
        st.sampled_from("T "),
        st.sampled_from(["", "Z", "+02:00", "-1130", "z"]),
    )
)


def outcome(read, *arguments):
    """What reading gave: a value, or None and that it was refused."""
    try:
        value = read(*arguments)
    except (InvalidTransaction, ValueError):
        return None, True
    return value, False


def same(left, right) -> bool:
    return left == right or (left is None and math.isnan(right))


@given(st.lists(NUMBERS, min_size=1), st.booleans(), st.sampled_from([(-1e15, 1e15), (0, 100)]))
def test_a_column_of_number_texts_reads_like_its_cells(cells, required, bounds):
    field = Field("n", "number", required=required, min=bounds[0], max=bounds[1])
    values, bad = columns.numbers(field, pa.array(cells))
    for cell, value, wrong in zip(cells, values.tolist(), bad.tolist(), strict=True):
        expected, refused = outcome(field.read_cell, cell)
        assert wrong == refused, cell
        assert wrong or same(expected, value), cell


@given(st.lists(st.none() | st.floats() | st.integers(-(2**60), 2**60).map(float), min_size=1), st.booleans())
def test_a_column_of_floats_reads_like_its_cells(cells, required):
    field = Field("n", "amount", required=required, min=-5, max=1e6)
    values, bad = columns.numbers(field, pa.array(cells, pa.float64()))
    for cell, value, wrong in zip(cells, values.tolist(), bad.tolist(), strict=True):
        expected, refused = outcome(field.read, columns.cell(cell))  # NaN in a file means missing
        assert wrong == refused
        assert wrong or same(expected, value)


@given(st.lists(WORDS, min_size=1), st.sampled_from(["category", "entity", "email", "ip"]), st.booleans())
def test_a_column_of_words_reads_like_its_cells(cells, role, required):
    field = Field("w", role, required=required)
    texts = columns.Texts(field.text)
    for code, cell in zip(texts.codes(pa.array(cells)).tolist(), cells, strict=True):
        expected, refused = outcome(field.text, cell)
        assert (code == columns.INVALID) == refused
        assert refused or (texts.values[code] if code >= 0 else None) == expected


@given(st.lists(TIMES, min_size=1), st.sampled_from([None, UTC, BERLIN]))
def test_a_column_of_time_texts_reads_like_its_cells(cells, zone):
    since, bad = moments.times(pa.array(cells), zone)
    for cell, moment, wrong in zip(cells, since.tolist(), bad.tolist(), strict=True):
        expected, refused = outcome(timestamps.parse, cell, zone)
        assert wrong == refused, cell
        assert wrong or datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment) == expected


@given(
    st.lists(st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2250, 1, 1)), min_size=1),
    st.sampled_from([None, UTC, BERLIN]),
    st.sampled_from([("us", None), ("ns", None), ("us", "UTC"), ("ms", "America/New_York")]),
)
def test_a_column_of_parquet_times_reads_like_its_cells(cells, zone, kind):
    unit, file_zone = kind
    array = pa.array(cells, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    array = array.cast(pa.timestamp(unit, file_zone))
    since, bad = moments.times(array, zone)
    for raw, moment, wrong in zip(
        array.cast(pa.timestamp("us", file_zone)).to_pylist(), since.tolist(), bad, strict=True
    ):
        expected, refused = outcome(moments.read_time, raw, zone)
        assert wrong == refused
        assert wrong or datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment) == expected


@given(st.lists(st.text(max_size=70) | st.text("abc-_ 1", max_size=70), min_size=1))
def test_a_column_of_ids_reads_like_its_cells(cells):
    ids, bad = columns.ids(pa.array(cells))
    for cell, text, wrong in zip(cells, ids.to_pylist(), bad.tolist(), strict=True):
        expected, refused = outcome(read_id, cell)
        assert wrong == refused
        assert wrong or text == expected


@given(st.lists(st.sampled_from(["1", "0", "1.0", "TRUE", " fraud", "", "2", "legit", "Fräud"]), min_size=1))
def test_a_column_of_labels_reads_like_its_cells(cells):
    label = Label("y")
    texts = columns.labels(label)
    for code, cell in zip(texts.codes(pa.array(cells)).tolist(), cells, strict=True):
        expected, refused = outcome(label.read, cell)
        assert (code == columns.INVALID) == refused
        assert refused or (int(texts.values[code]) if code >= 0 else None) == expected


FIELDS = {
    "amount": {"role": "amount", "min": -100},
    "age": {"role": "number"},
    "shop": {"role": "category"},
    "mail": {"role": "email"},
    "ip": {"role": "ip"},
    "card": {"role": "entity"},
}
SCHEMA = Schema.from_dict(small(fields=FIELDS))
ROWS = st.fixed_dictionaries(
    {
        "time": st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)).map(lambda moment: moment.isoformat() + "Z"),
        "amount": st.none() | st.floats(-100, 1e15),
        "age": st.none() | st.integers(-1000, 1000),
        "shop": st.none() | st.sampled_from(["a", "b ", "1", "ä", "true"]),
        "mail": st.none() | st.sampled_from(["a@B.c", "x@y@z.de", "o@b.C", "1.2@b.c"]),
        "ip": st.none() | st.ip_addresses().map(str) | st.just("10.1.2.3"),
        "card": st.none() | st.text("xyz", max_size=2),
    }
)


@settings(max_examples=60)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@given(rows=st.lists(ROWS, min_size=1, max_size=30), keep=st.integers(0, 3))
def test_features_of_a_file_equal_those_of_requests(tmp_path_factory, kind, rows, keep):
    rows = [{"id": f"tx{number}", **row, "fraud": 0} for number, row in enumerate(rows)]
    path = tmp_path_factory.mktemp("parity") / f"rows.{kind}"
    if kind == "csv":
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    rejected = Rejections()
    table = read_files(SCHEMA, [("rows", path)], rejected)
    assert rejected.rows == []

    categories = dict.fromkeys(features.category_names(SCHEMA), ("b", "10", "10.1", "b.c", "true")[: keep + 2])
    contract = Contract("m", SCHEMA, features.names(SCHEMA), categories, 0.5, 0.9, ((0.0, 0), (1.0, 1000)))
    requests = [
        SCHEMA.validate({"transaction_id": row["id"], **{k: v for k, v in row.items() if k not in ("id", "fraud")}})
        for row in rows
    ]
    past = Replay(SCHEMA.history_plan)
    encoded: list[list[float]] = [[]] * len(requests)
    for number in sorted(range(len(requests)), key=lambda number: requests[number].timestamp):
        states = past.states_of(requests[number])
        encoded[number] = contract.encode(features.compute(SCHEMA, requests[number], states))
        past.observe(requests[number])
    expected = np.array(encoded, dtype=np.float32)
    np.testing.assert_array_equal(matrix.matrix(SCHEMA, table, categories), expected)


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)), min_size=1))
def test_the_calendars_of_many_moments_equal_those_of_each(moments):
    moments = [moment.replace(tzinfo=UTC) for moment in moments]
    since = np.array([(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for moment in moments])
    expected = [tuple(features.calendar(moment).values()) for moment in moments]
    assert [tuple(map(float, row)) for row in zip(*matrix.calendar(since), strict=True)] == expected


def test_every_kind_of_feature_takes_part_in_the_proof():
    transaction = Transaction("t", datetime(2026, 1, 1, tzinfo=UTC), dict.fromkeys(FIELDS))
    assert tuple(features.compute(SCHEMA, transaction)) == features.names(SCHEMA)
    assert {field.role for field in SCHEMA.fields} == {"amount", "number", "category", "email", "ip", "entity"}
