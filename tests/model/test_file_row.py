"""A row of a file is the same transaction to scoring as to training, and is refused in the same words."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from model.field import InvalidTransaction
from model.file_row import Layout
from model.header import HeaderError
from model.schema import Schema
from model.training.problems import Rejections
from model.training.table import read_files
from model.transaction import Transaction

FIELDS = {
    "amount": {"role": "amount", "required": True, "min": 0},
    "card": {"role": "entity", "required": True, "max_length": 8},
    "shop": {"role": "category", "values": ["web", "till"]},
    "opened": {"role": "time"},
    "note": {"role": "ignore"},
}
HEADER = ["id", "time", "amount", "card", "shop", "opened", "note", "fraud"]


def schema(**changes) -> Schema:
    document = {
        "name": "cards",
        "transaction_id": {"column": "id"},
        "timestamp": {"column": "time"},
        "label": {"column": "fraud"},
        "fields": FIELDS,
    }
    return Schema.from_dict(document | changes)


ROWS = [
    ["1", "2026-03-01T12:30:00Z", "10.5", "c-1", "web", "2020-01-01T00:00:00Z", "x", "0"],
    [" 2 ", "2026-03-01 13:30:00+01:00", " 1e3 ", " c-2 ", "", "", "", ""],
    ["3", "2026-03-01T12:30:00Z", "-1", "c-1", "web", "", "", "1"],
    ["4", "2026-03-01T12:30:00Z", "1,5", "c-1", "web", "", "", "1"],
    ["5", "2026-03-01T12:30:00", "1", "c-1", "web", "", "", "1"],
    ["6", "", "1", "c-1", "web", "", "", "1"],
    ["7", "2026-03-01T12:30:00Z", "", "c-1", "web", "", "", "1"],
    ["8", "2026-03-01T12:30:00Z", "1", "123456789", "web", "", "", "1"],
    ["9", "2026-03-01T12:30:00Z", "1", "c-1", "shop", "", "", "1"],
    ["10", "2026-03-01T12:30:00Z", "1", "c-1", "", "yesterday", "", "1"],
    ["", "2026-03-01T12:30:00Z", "1", "c-1", "", "", "", "1"],
]


def test_what_training_reads_scoring_reads_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in [HEADER, *ROWS]) + "\n", "utf-8")
    rejected = Rejections()
    table = read_files(schema(), [("rows.csv", path)], rejected)

    layout, read, refused = Layout.of(schema(), "rows.csv", HEADER), list[Transaction](), list[tuple[int, str, str]]()
    for line, cells in enumerate(ROWS, 2):
        try:
            read.append(schema().validate(layout.request(cells, "unused")))
        except InvalidTransaction as error:
            refused.append((line, error.field, error.message))

    assert refused == [(one.row, one.field, one.reason) for one in rejected.rows]
    assert len(refused) == 9
    assert [one.id for one in read] == table.ids.to_pylist() == ["1", "2"]
    assert [int(one.timestamp.timestamp() * 1e6) for one in read] == table.time.tolist()
    assert [one.values["amount"] for one in read] == table.values["amount"].tolist() == [10.5, 1000]
    for name in ("card", "shop", "opened"):
        words = np.array([*table.vocabularies[name], None], dtype=object)
        assert [one.values[name] for one in read] == words[table.values[name]].tolist()


@pytest.mark.parametrize(
    ("timestamp", "cell"),
    [
        ({"column": "time", "timezone": "Europe/Berlin"}, "2026-07-01 14:00:00"),
        ({"column": "time", "timezone": "UTC", "format": "%d.%m.%Y %H:%M"}, "01.07.2026 12:00"),
        ({"column": "time", "unit": "s"}, "1782907200"),
        ({"column": "time", "unit": "h"}, "495252.0"),
    ],
)
def test_times_are_read_as_the_schema_says_that_files_write_them(timestamp, cell) -> None:
    rules = schema(timestamp=timestamp)
    request = Layout.of(rules, "rows.csv", HEADER).request(["1", cell, "1", "c-1", "", "", "", ""], "unused")
    assert rules.validate(request).timestamp == datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_label_is_left_out_and_named() -> None:
    layout = Layout.of(schema(), "rows.csv", HEADER)
    assert layout.labels == ["fraud"]
    assert "fraud" not in layout.request(ROWS[0], "unused")
    assert Layout.of(schema(), "rows.csv", HEADER[:-1]).labels == []


def test_the_ids_column_may_be_called_as_in_requests() -> None:
    layout = Layout.of(schema(), "rows.csv", ["transaction_id", *HEADER[1:]])
    assert layout.request(ROWS[0], "unused")["transaction_id"] == "1"


def test_rows_without_ids_are_called_what_the_caller_calls_them() -> None:
    layout = Layout.of(_without_ids(), "rows.csv", HEADER[1:])
    assert layout.request(ROWS[0][1:], "rows:2")["transaction_id"] == "rows:2"


def _without_ids() -> Schema:
    document = schema().to_dict()
    del document["transaction_id"]
    return Schema.from_dict(document)


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(InvalidTransaction, match="row: has 2 values where the header has 8"):
        Layout.of(schema(), "rows.csv", HEADER).request(["1", "2"], "unused")


def test_a_header_that_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(HeaderError, match=r"rows\.csv: the header lacks the column 'amount'"):
        Layout.of(schema(), "rows.csv", [name for name in HEADER if name != "amount"])
    with pytest.raises(HeaderError, match="the column 'colour', which the schema does not know"):
        Layout.of(schema(), "rows.csv", [*HEADER, "colour"])
