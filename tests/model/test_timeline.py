"""Rows to be scored and their history become one past, whatever both files have in common."""

from __future__ import annotations

import numpy as np
import pytest

from model.schema import Schema
from model.training import lookback, timeline
from model.training.problems import Rejections
from tests.model.conftest import small

FIELDS = {"amount": {"role": "amount", "required": True}, "card": {"role": "entity"}}
SCHEMA = Schema.from_dict(small(fields=FIELDS, label={"column": "fraud", "known_at": "known"}, label_delay="1d"))
EARLY = """id,time,amount,card,fraud,known
h1,2026-01-01T00:00:00Z,10,a,1,2026-01-02T00:00:00Z
h2,2026-01-02T00:00:00Z,20,a,0,
h3,2026-01-05T00:00:00Z,30,b,,
"""
LATE = """id,time,amount,card,fraud,known
d1,2026-01-05T00:00:00Z,40,b,1,
d2,2026-01-06T00:00:00Z,50,a,0,
d3,2026-01-09T00:00:00Z,60,b,0,
"""


@pytest.fixture
def score(tmp_path):
    def run(data: str, history: str | None = EARLY, schema: Schema = SCHEMA):
        """Ids of the rows that get a score, their features by name, and what was set aside."""
        named = []
        for name, content in (("data", data), ("history", history)):
            (tmp_path / name).write_text(content or "")
            named.append([(name, tmp_path / name)] if content else [])
        rejected = Rejections()
        table, asked = timeline.read(schema, *named, rejected)
        found = lookback.features(schema.history_plan, table)[asked]
        columns = np.where(np.isnan(found), None, found).T.tolist()
        by_name = dict(zip(schema.history_plan.names, columns, strict=True))
        return table.ids.take(asked).to_pylist(), by_name, [str(row) for row in rejected.rows]

    return run


def test_the_rows_of_the_data_see_those_of_the_history(score):
    ids, found, rejected = score(LATE)
    assert (ids, rejected) == (["d1", "d2", "d3"], [])
    assert found["card_count_7d"] == [1, 2, 2]
    assert found["card_amount_sum_7d"] == [30, 30, 70]
    assert found["card_risk_30d"][1:] == [0.5, 0.5]  # h1 and d1 were known frauds by then


def test_without_history_the_data_are_all_there_is(score):
    assert score(LATE, history=None)[1]["card_count_7d"] == [0, 0, 1]


def test_rows_of_the_data_are_left_out_of_the_history(score):
    assert score(LATE, EARLY + LATE.partition("\n")[2]) == score(LATE)


def test_a_row_told_twice_counts_once_and_scores_the_same(score):
    again = LATE + LATE.splitlines(keepends=True)[1]
    ids, found, rejected = score(again)
    assert (ids, rejected) == (["d1", "d2", "d3", "d1"], [])
    assert found["card_count_7d"] == [1, 2, 2, 1]


def test_two_transactions_with_one_id_contradict_each_other(score):
    ids, _, rejected = score(LATE + "d2,2026-01-06T00:00:00Z,51,a,0,\n", schema=lenient())
    assert ids == ["d1", "d2", "d3"]
    assert rejected == ["data, row 5, id: is the id of another transaction already: data, row 3"]


def unlabelled(content: str) -> str:
    return "".join(line.rsplit(",", 2)[0] + "\n" for line in content.splitlines())


def test_labels_count_from_the_file_that_has_them(score):
    assert score(unlabelled(LATE), EARLY)[1]["card_risk_30d"][1:] == [0.5, 0]
    assert score(LATE, unlabelled(EARLY))[1]["card_risk_30d"][1:] == [0, 0.5]
    assert score(unlabelled(LATE), unlabelled(EARLY))[1]["card_risk_30d"][1:] == [0, 0]


def test_a_label_that_cannot_be_read_tells_nothing_and_costs_no_score(score):
    ids, found, rejected = score(LATE.replace("b,1,", "b,perhaps,soon"))
    assert (ids, rejected) == (["d1", "d2", "d3"], [])
    assert found["card_risk_30d"][2] == 0


def test_a_schema_without_history_reads_no_history(score):
    ids, found, _ = score(LATE, history="not even a CSV", schema=lenient(history={"windows": []}))
    assert (ids, found) == (["d1", "d2", "d3"], {})


def lenient(**changes) -> Schema:
    return Schema.from_dict(SCHEMA.to_dict() | {"rejected_rows_limit": 1} | changes)
