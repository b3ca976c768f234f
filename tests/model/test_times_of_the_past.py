"""Fields of role time: how long before the transaction something was, in requests and in files alike."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import features, reasons
from model.contract import Contract
from model.field import InvalidTransaction
from model.schema import Schema
from model.training import matrix
from model.training.problems import Rejections
from model.training.table import read_files
from tests.model.conftest import small

FIELDS = {"amount": {"role": "amount"}, "joined": {"role": "time", "description": "the date of joining"}}
NOW = "2026-03-02T12:30:00Z"


def schema(timezone=None, **joined):
    timestamp = {"column": "time"} | ({"timezone": timezone} if timezone else {})
    return Schema.from_dict(small(timestamp=timestamp, fields=FIELDS | {"joined": FIELDS["joined"] | joined}))


def request(asked, joined):
    return asked.validate({"transaction_id": "t", "time": NOW, "amount": 1, "joined": joined})


@pytest.mark.parametrize(
    ("joined", "seconds"),
    [
        ("2026-03-02T12:29:59.5Z", 0.5),
        ("2026-03-02T13:30:00+02:00", 3600.0),
        ("2026-03-03T12:30:00Z", -86_400.0),
        (None, None),
        ("", None),
    ],
)
def test_the_feature_is_how_many_seconds_ago_it_was(joined, seconds):
    asked = schema()
    computed = features.compute(asked, request(asked, joined))
    assert computed["joined_seconds_ago"] == seconds
    assert "joined_seconds_ago" not in features.category_names(asked)


@pytest.mark.parametrize(
    ("joined", "said"),
    [
        ("2026-03-02T12:30:00", "has no UTC offset"),
        ("2.3.2026", "must be an ISO 8601 timestamp"),
        (5, "must be an ISO 8601 timestamp"),
        (True, "must be text"),
        ("1950-01-01T00:00:00Z", "must lie between"),
    ],
)
def test_other_texts_are_refused(joined, said):
    with pytest.raises(InvalidTransaction, match=said):
        request(schema(), joined)


def test_a_required_one_must_be_there():
    with pytest.raises(InvalidTransaction, match="is required and missing"):
        request(schema(required=True), None)


def test_the_reason_tells_it_in_words():
    asked = schema()
    computed = features.compute(asked, request(asked, "2026-02-20T12:30:00Z"))
    assert reasons.fact(asked, "joined_seconds_ago", computed) == "the date of joining is 10 days before"
    computed["joined_seconds_ago"] = None
    assert reasons.fact(asked, "joined_seconds_ago", computed) == "the date of joining is missing"


MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 31))  # noqa: DTZ001 (the zone is the schema's)


@settings(max_examples=40)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@given(st.lists(st.tuples(MOMENTS, st.none() | MOMENTS), min_size=1, max_size=20))
def test_files_and_requests_give_the_same(tmp_path_factory, suffix, moments):
    data = pandas.DataFrame(
        {
            "id": [f"t{number}" for number in range(len(moments))],
            "time": [moment.isoformat() for moment, _ in moments],
            "amount": 1.5,
            "joined": [joined and joined.isoformat() for _, joined in moments],
            "fraud": 0,
        }
    )
    path = tmp_path_factory.mktemp("times") / f"data.{suffix}"
    if suffix == "parquet":
        joined = data.joined.astype("datetime64[us]") if data.joined.notna().any() else data.joined
        data.assign(joined=joined).to_parquet(path)
    else:
        data.to_csv(path, index=False)
    asked, rejected = schema(timezone="UTC"), Rejections()
    table = read_files(asked, [("data", path)], rejected)
    assert rejected.rows == []
    contract = Contract("m", asked, features.names(asked), {}, 0.5, 0.9, ((0.0, 0), (1.0, 1000)))
    rows = []
    for moment, joined in moments:
        utc = [each and (each.replace(tzinfo=UTC).isoformat()) for each in (moment, joined)]
        transaction = asked.validate({"transaction_id": "t", "time": utc[0], "amount": 1.5, "joined": utc[1]})
        rows.append(contract.encode(features.compute(asked, transaction)))
    np.testing.assert_array_equal(matrix.matrix(asked, table, {}), np.array(rows, dtype=np.float32))


def test_a_bad_time_costs_its_row_and_says_why(tmp_path):
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
    data = pandas.DataFrame({"id": list("abc"), "time": [moment.isoformat() for moment in moments], "amount": 1})
    data = data.assign(joined=["2025-01-01", "yesterday", "2025-01-01T00:00:00+99:00"], fraud=0)
    data.to_csv(tmp_path / "data.csv", index=False)
    rejected = Rejections()
    read_files(schema(timezone="Europe/Berlin"), [("data", tmp_path / "data.csv")], rejected)
    assert [(row.row, row.field, row.reason) for row in rejected.rows] == [
        (3, "joined", "must be an ISO 8601 timestamp such as 2026-03-01T12:30:00Z"),
        (4, "joined", "has a UTC offset that does not exist"),
    ]
