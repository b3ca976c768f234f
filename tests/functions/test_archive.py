"""Every new decision reaches Firehose as one line; what is refused comes again, and nothing else is lost."""

import json
from typing import Any

import pytest

from functions.archive.delivery import MOST_BYTES, MOST_RECORDS, batches, deliver
from functions.archive.handler import Ports, handler
from functions.settings import ArchiveSettings
from tests.functions.conftest import sample_event
from tests.functions.fakes import FakeFirehose


@pytest.fixture
def firehose() -> FakeFirehose:
    return FakeFirehose()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def ports(firehose, pauses) -> Ports:
    return Ports(firehose, ArchiveSettings("fraud-DecisionLog"), pauses.append, lambda name, value: None)


def lines(firehose: FakeFirehose) -> list[dict[str, Any]]:
    assert all(data.endswith(b"\n") and data.count(b"\n") == 1 for data in firehose.taken)
    return [json.loads(data) for data in firehose.taken]


def test_a_decision_becomes_one_line_with_an_id_of_its_own(context, ports, firehose):
    assert handler(sample_event("archive-insert"), context, ports=ports) == {"batchItemFailures": []}
    (line,) = lines(firehose)
    assert line == {
        "event_id": "c4ca4238a0b923820dcc509a6f758491",
        "transaction_id": "tx-1",
        "decided_at": "2026-11-23T15:23:11.412+00:00",
        "model": "fraud-4296854961e50a36",
        "fraud_probability": 0.011352521,
        "score": 627,
        "outcome": "approve",
        "scored_by": "endpoint",
        "reasons": [],
        "features": {"amount": 22.92, "currency": "EUR", "hour": 14.0},
        "transaction": {"timestamp": "2026-11-23T14:18:19+00:00", "amount": 22.92, "currency": "EUR"},
    }


def test_an_expired_decision_is_not_logged_again(context, ports, firehose):
    assert handler(sample_event("archive-expired"), context, ports=ports) == {"batchItemFailures": []}
    assert firehose.calls == []


def test_only_what_was_refused_is_sent_again(context, ports, firehose, pauses):
    firehose.refuses = [{1}]
    assert handler(sample_event("archive-two-inserts"), context, ports=ports) == {"batchItemFailures": []}
    assert [len(call) for call in firehose.calls] == [2, 1]
    assert [line["transaction_id"] for line in lines(firehose)] == ["tx-1", "tx-3"]
    assert len(pauses) == 1


def test_what_stays_refused_is_where_the_stream_goes_on(context, ports, firehose):
    firehose.refuses = [{1}, {0}, {0}]
    event = sample_event("archive-two-inserts")
    second = event["Records"][1]["dynamodb"]["SequenceNumber"]
    assert handler(event, context, ports=ports) == {"batchItemFailures": [{"itemIdentifier": second}]}


def test_the_first_refusal_counts_even_in_a_later_try():
    firehose = FakeFirehose(refuses=[{3, 7}, {1}, {0}])
    assert deliver(firehose, "log", [b"%d\n" % number for number in range(10)], lambda _: None) == 7


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([10] * (MOST_RECORDS + 1), [MOST_RECORDS, 1]),
        ([MOST_BYTES // 2] * 3, [2, 1]),
        ([MOST_BYTES], [1]),
        ([], []),
    ],
)
def test_batches_stay_within_what_one_call_takes(sizes, expected):
    found = list(batches([b"x" * size for size in sizes]))
    assert [len(batch) for batch in found] == expected
    assert [place for batch in found for place in batch] == list(range(len(sizes)))
