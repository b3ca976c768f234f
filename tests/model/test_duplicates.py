"""The same transaction twice."""

import pytest

from model.schema import Schema
from model.training.duplicates import without_duplicates
from model.training.problems import Rejections
from model.training.table import read_files
from tests.model.conftest import small

FIELDS = small()["fields"] | {"age": {"role": "number"}}
SCHEMA = Schema.from_dict(small(fields=FIELDS))
HEADER = "id,time,amount,card,shop,age,fraud\n"


def row(name="t1", amount="5", shop="books", fraud="0", age="", time="2026-01-01T00:00:00Z"):
    return f"{name},{time},{amount},c1,{shop},{age},{fraud}\n"


def reduced(tmp_path, *files):
    named = []
    for number, content in enumerate(files):
        path = tmp_path / f"{number}.csv"
        path.write_text(HEADER + content)
        named.append((path.name, path))
    rejected = Rejections()
    table, copies = without_duplicates(read_files(SCHEMA, named, rejected), "id", rejected)
    return table, copies, [str(rejection) for rejection in rejected.rows]


def test_equal_rows_are_dropped_and_counted(tmp_path):
    again = row(time="2026-01-01T01:00:00+01:00", amount="5.00", shop='" books"')
    table, copies, rejected = reduced(tmp_path, row() + row("t2", shop=""), row("t2", shop="") + again)
    assert (table.ids.to_pylist(), copies, rejected) == (["t1", "t2"], 2, [])


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "6"},
        {"amount": "5.01"},
        {"shop": "toys"},
        {"shop": ""},
        {"age": "40"},
        {"fraud": "1"},
        {"time": "2026-01-01T00:00:01Z"},
    ],
)
def test_rows_that_differ_are_set_aside_with_both_places(tmp_path, change):
    table, copies, rejected = reduced(tmp_path, row("t0") + row(), row(**change))
    assert (table.ids.to_pylist(), copies) == (["t0", "t1"], 0)
    assert rejected == ["1.csv, row 2, id: is the id of another transaction already: 0.csv, row 3"]


@pytest.mark.parametrize(("first", "second"), [("", "1"), ("1", ""), ("", "fraud")])
def test_a_row_exported_again_with_its_label_gives_the_label_to_the_first(tmp_path, first, second):
    table, copies, rejected = reduced(tmp_path, row(fraud=first), row(fraud=second))
    assert (table.label.tolist(), copies, rejected) == ([1], 1, [])


def test_the_earliest_label_counts_and_a_later_contradiction_is_set_aside(tmp_path):
    table, copies, rejected = reduced(tmp_path, row(fraud=""), row(fraud="0"), row(fraud="1"))
    assert (table.label.tolist(), copies) == ([0], 1)
    assert len(rejected) == 1
    assert rejected[0].startswith("2.csv, row 2, id")


def test_without_duplicates_nothing_changes(tmp_path):
    table, copies, rejected = reduced(tmp_path, row("t1") + row("t2"))
    assert (len(table), copies, rejected) == (2, 0, [])
