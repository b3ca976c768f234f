"""Parquet files: their types are taken for what they mean, and bad rows are set aside as in CSV."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.schema import Schema
from model.training.problems import Rejections, TrainingError
from model.training.table import read_files
from tests.model.conftest import small

SCHEMA = Schema.from_dict(small())


def parquet(tmp_path, columns, schema=SCHEMA):
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table(columns), path)
    rejected = Rejections()
    return read_files(schema, [("data.parquet", path)], rejected), [str(row) for row in rejected.rows]


def test_naive_parquet_times_need_a_zone(tmp_path):
    columns = {
        "id": ["a"], "time": pa.array([1_767_225_600_000_000_123], pa.timestamp("ns")), "amount": [1.0], "card": ["c"],
        "fraud": [0],
    }  # fmt: skip
    with pytest.raises(TrainingError, match=r"data.parquet, row 1, time: has no UTC offset: set timestamp.timezone"):
        parquet(tmp_path, columns)
    schema = Schema.from_dict(small(timestamp={"column": "time", "timezone": "UTC"}))
    table, _ = parquet(tmp_path, columns, schema)
    assert table.time.tolist() == [1_767_225_600_000_000]


def test_a_column_of_the_wrong_kind_names_row_field_and_kind(tmp_path):
    columns = {
        "id": ["a", "b"], "time": ["2026-01-01T00:00:00Z"] * 2, "amount": [b"1", b"2"], "card": ["c", "c"],
        "fraud": [0, 1],
    }  # fmt: skip
    with pytest.raises(TrainingError, match=r"not: data.parquet, row 1, amount: must be a number"):
        parquet(tmp_path, columns)


def test_parquet_types_are_taken_for_what_they_mean(tmp_path):
    table, rejected = parquet(
        tmp_path,
        {
            "id": pa.array([1, 2, 3]),
            "time": pa.array(["2026-01-01T00:00:00Z"] * 3).dictionary_encode(),
            "amount": pa.array([5, 6, 7], pa.int16()),
            "card": pa.array([11.0, 12.0, 11.0]),
            "shop": pa.array([True, None, False]),
            "fraud": pa.array([1.0, None, 0.0]),
        },
    )
    assert rejected == []
    assert table.ids.to_pylist() == ["1", "2", "3"]
    assert [table.vocabularies["card"][code] for code in table.values["card"]] == ["11", "12", "11"]
    assert [table.vocabularies["shop"][code] if code >= 0 else None for code in table.values["shop"]] == [
        "true",
        None,
        "false",
    ]
    assert table.label.tolist() == [1, -1, 0]


def test_bad_parquet_rows_are_set_aside_by_their_number(tmp_path):
    time = pa.array([1_767_225_600_000] * 5, pa.timestamp("ms", "UTC"))
    decimals = pa.array([1, 2, 3, 4, 2000], pa.decimal128(10, 2))
    table, rejected = parquet(
        tmp_path,
        {
            "id": pa.array(["a", "b", None, "d", "e"]), "time": time, "amount": decimals,
            "card": pa.array([1.0, 1.5, 1.0, 1.0, 1.0]), "shop": pa.nulls(5), "fraud": pa.array([0, 0, 0, 3, 1]),
        },
    )  # fmt: skip
    assert table.ids.to_pylist() == ["a"]
    assert [text.split(":")[0] for text in rejected] == [
        "data.parquet, row 2, card", "data.parquet, row 3, id", "data.parquet, row 4, fraud",
        "data.parquet, row 5, amount",
    ]  # fmt: skip
    assert rejected[3].endswith("must be at most 1000")


def test_the_row_numbers_that_pandas_adds_are_no_unknown_column(tmp_path):
    columns = {
        "id": ["a"], "time": ["2026-01-01T00:00:00Z"], "amount": [1.0], "card": ["c"], "fraud": [0],
        "__index_level_0__": [7],
    }  # fmt: skip
    table, rejected = parquet(tmp_path, columns)
    assert (len(table), rejected) == (1, [])
