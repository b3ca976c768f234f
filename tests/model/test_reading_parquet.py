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
