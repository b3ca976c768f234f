"""A label joins its decision once, moves the count of frauds once, and is never lost."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given, settings, strategies

from functions.label import trail
from functions.label.handler import handler
from functions.label.label import Label
from functions.label.recording import TRIES
from functions.label.trail import Kept, step
from tests.functions.artefacts import contract
from tests.functions.conftest import HISTORY, TABLE, client, read, sample_event, stored
from tests.functions.fakes import START, client_error
from tests.functions.labels import COUNTER, KEYS, World
from tests.functions.world import build


@pytest.fixture
def world(s3, table, history_table, sqs, sns, context, clock) -> World:
    return World(s3, sqs, sns, context, clock)


def test_a_fraud_is_kept_with_its_decision_and_counted_for_every_entity(world):
    assert world.label("payment-1", "fraud", "2026-11-20T10:00:00+01:00") == "recorded"
    kept = world.decision("payment-1")
    assert (kept["label"], kept["labelled_at"]) == ({"S": "fraud"}, {"S": "2026-11-20T09:00:00+00:00"})
    assert kept["outcome"] == {"S": "approve"}
    assert [world.frauds(key) for key in KEYS] == [1, 1]


def test_a_legitimate_payment_is_kept_and_counts_for_nobody(world):
    assert world.label("payment-1", "legit") == "recorded"
    assert world.decision("payment-1")["labelled_at"] == {"S": START.isoformat()}
    assert world.frauds() == 0


@pytest.mark.parametrize("at", [None, "2026-11-20T09:00:00Z"])
def test_a_label_that_comes_again_changes_nothing(world, at):
    assert world.label("payment-1", "fraud", at) == "recorded"
    before = world.decision("payment-1")
    world.clock.advance(minutes=5)
    assert world.label("payment-1", "fraud", at) == "unchanged"
    assert world.decision("payment-1") == before
    assert world.frauds() == 1 and world.table.writes == 1


def test_a_correction_takes_the_fraud_back_and_both_stay_on_record(world):
    assert [world.label("payment-1", word) for word in ("fraud", "legit", "fraud", "legit")] == ["recorded"] * 4
    assert world.frauds() == 0
    assert world.trail("payment-1") == ["fraud", "legit", "fraud", "legit"]


def test_an_older_label_does_not_replace_a_newer_one_but_stays_on_record(world):
    world.label("payment-1", "legit", "2026-11-20T09:00:00Z")
    status, answer = world.post(transaction_id="payment-1", label="fraud", labelled_at="2026-11-19T09:00:00Z")
    assert (status, answer) == (
        200,
        {
            "transaction_id": "payment-1",
            "status": "outdated",
            "label": "legit",
            "labelled_at": "2026-11-20T09:00:00+00:00",
        },
    )
    assert world.frauds() == 0 and world.trail("payment-1") == ["legit", "fraud"]
    assert world.label("payment-1", "fraud", "2026-11-19T09:00:00Z") == "unchanged"
    assert world.trail("payment-1") == ["legit", "fraud"]


def test_a_decision_without_history_takes_its_label(world):
    item = {"transaction_id": {"S": "old"}}
    client("dynamodb").put_item(TableName=TABLE, Item=item)
    world.decide("nobody", keys=[])
    assert [world.label(name, "fraud") for name in ("old", "nobody")] == ["recorded"] * 2


def test_the_count_of_an_expired_entity_expires_again(world):
    world.label("payment-1", "fraud")
    item = client("dynamodb").get_item(TableName=HISTORY, Key={"entity": {"S": KEYS[0]}})["Item"]
    assert int(item["expires_at"]["N"]) > (START + timedelta(days=400)).timestamp()
    later = {"entity": {"S": KEYS[1]}, "expires_at": {"N": "9999999999"}}
    client("dynamodb").put_item(TableName=HISTORY, Item=later)
    world.label("payment-1", "legit")
    item = client("dynamodb").get_item(TableName=HISTORY, Key={"entity": {"S": KEYS[1]}})["Item"]
    assert item["expires_at"] == {"N": "9999999999"} and item[COUNTER] == {"N": "-1"}


def test_labels_are_answered_in_their_order_and_the_unknown_are_set_aside(world):
    world.decide("payment-2")
    status, answer = world.post(
        {"transaction_id": "payment-2", "label": "fraud", "labelled_at": "2026-11-20T09:00:00Z"},
        {"transaction_id": 'nobody, "knows"', "label": "fraud"},
        {"transaction_id": "payment-1", "label": "legit"},
    )
    assert status == 200
    assert [(one["transaction_id"], one["status"]) for one in answer["labels"]] == [
        ("payment-2", "recorded"),
        ('nobody, "knows"', "unknown"),
        ("payment-1", "recorded"),
    ]
    assert answer["labels"][1]["label"] is None
    (key,) = stored(world.s3, "labels-unknown/")
    assert key.startswith("labels-unknown/dt=2026-11-23/")
    (row,) = csv.DictReader(io.StringIO(read(world.s3, key).decode()))
    assert row == {"transaction_id": 'nobody, "knows"', "label": "fraud", "labelled_at": START.isoformat()}


def test_an_unknown_label_that_comes_again_makes_no_second_file(world):
    for _ in range(3):
        assert world.label("nobody", "fraud") == "unknown"
        world.clock.advance(minutes=1)
    assert len(stored(world.s3, "labels-unknown/")) == 1


def test_the_same_decision_twice_in_one_request_ends_with_the_last(world):
    both = [{"transaction_id": "payment-1", "label": word} for word in ("fraud", "legit")]
    _, answer = world.post(*both)
    assert [one["status"] for one in answer["labels"]] == ["recorded", "recorded"]
    assert world.frauds() == 0


def test_two_writers_at_once_count_one_fraud(world):
    rival = World(world.s3, world.sqs, world.sns, world.context, world.clock)
    world.table.before_write.append(lambda: rival.label("payment-1", "fraud", "2026-11-20T09:00:00Z"))
    assert world.label("payment-1", "fraud", "2026-11-20T09:00:00Z") == "unchanged"
    assert world.frauds() == 1 and world.trail("payment-1") == ["fraud"]


def test_a_contradiction_at_the_same_moment_is_taken_one_after_the_other(world):
    rival = World(world.s3, world.sqs, world.sns, world.context, world.clock)
    world.table.before_write.append(lambda: rival.label("payment-1", "legit", "2026-11-20T09:00:00Z"))
    assert world.label("payment-1", "fraud", "2026-11-21T09:00:00Z") == "recorded"
    assert world.frauds() == 1 and world.trail("payment-1") == ["legit", "fraud"]


def cancelled(*codes: str) -> Any:
    def fail() -> None:
        raise client_error("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])

    return fail


def test_a_write_that_met_another_is_tried_again(world):
    world.table.before_write += [cancelled("None", "TransactionConflict"), cancelled("None", "ThrottlingError")]
    assert world.label("payment-1", "fraud") == "recorded"
    assert world.frauds() == 1 and world.table.writes == 3


def test_a_write_that_was_throttled_or_whose_answer_was_lost_is_tried_again(world):
    def throttled() -> None:
        raise client_error("ProvisionedThroughputExceededException")

    def lost() -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    world.table.before_write += [throttled, lost]
    assert world.label("payment-1", "fraud") == "recorded"
    assert world.frauds() == 1 and world.table.writes == 3


def test_rows_that_are_never_free_are_a_503(world):
    world.table.before_write += [cancelled("TransactionConflict", "None")] * TRIES
    status, answer = world.post(transaction_id="payment-1", label="fraud")
    assert (status, answer["error"]["code"]) == (503, "unavailable")
    assert world.frauds() == 0


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalServerError"])
def test_a_store_that_fails_is_a_503_and_the_labels_may_come_again(world, code):
    def fail() -> None:
        raise client_error(code)

    world.decide("payment-2")
    world.table.before_write += [lambda: None] + [fail] * TRIES
    both = [{"transaction_id": name, "label": "fraud"} for name in ("payment-1", "payment-2")]
    assert world.post(*both)[0] == 503
    status, answer = world.post(*both)
    assert status == 200
    assert [one["status"] for one in answer["labels"]] == ["unchanged", "recorded"]
    assert world.frauds() == 2


def test_when_time_runs_short_the_caller_is_asked_to_come_again(world, monkeypatch):
    ticks = iter(range(0, 1000, 10))  # seconds that each label takes
    monkeypatch.setattr("functions.label.handler.time.monotonic", lambda: float(next(ticks)))
    world.decide("payment-2")
    both = [{"transaction_id": name, "label": "fraud"} for name in ("payment-1", "payment-2")]
    answer = handler(
        sample_event("label-one") | {"body": json.dumps({"labels": both})}, world.context, ports=world.ports
    )
    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"] == "2"
    assert "label" in world.decision("payment-1") and "label" not in world.decision("payment-2")


GOOD = {"transaction_id": "payment-1", "label": "fraud"}


@pytest.mark.parametrize(
    ("payload", "status", "field"),
    [
        ({}, 422, "transaction_id"),
        (GOOD | {"transaction_id": ""}, 422, "transaction_id"),
        (GOOD | {"transaction_id": "e" * 65}, 422, "transaction_id"),
        (GOOD | {"transaction_id": ["payment-1"]}, 422, "transaction_id"),
        (GOOD | {"label": None}, 422, "label"),
        (GOOD | {"label": "Fraud"}, 422, "label"),
        (GOOD | {"label": 1}, 422, "label"),
        (GOOD | {"label": ["fraud"]}, 422, "label"),
        (GOOD | {"labelled_at": "2026-11-23T15:02:00Z"}, 422, "labelled_at"),
        (GOOD | {"labelled_at": "2026-11-20T09:00:00"}, 422, "labelled_at"),
        (GOOD | {"labelled_at": "yesterday"}, 422, "labelled_at"),
        (GOOD | {"labelled_at": 1763629200}, 422, "labelled_at"),
        (GOOD | {"labelled_at": "2026-11-20T09:00:00Z" * 9}, 422, "labelled_at"),
        (GOOD | {"note": "stolen"}, 422, "note"),
        ({"labels": []}, 422, "labels"),
        ({"labels": [GOOD] * 101}, 422, "labels"),
        ({"labels": GOOD}, 422, "labels"),
        ({"labels": [GOOD], "label": "fraud"}, 422, "label"),
        ({"labels": [GOOD, "payment-2"]}, 422, "labels[1]"),
        ({"labels": [GOOD, GOOD | {"label": "stolen"}]}, 422, "labels[1].label"),
        ({"labels": [GOOD, GOOD | {"note": 1}]}, 422, "labels[1].note"),
        ([GOOD], 400, None),
    ],
    ids=str,
)
def test_a_bad_label_is_named_and_none_of_its_request_is_recorded(world, payload, status, field):
    found, answer = world.post_text(json.dumps(payload))
    assert (found, answer["error"]["field"]) == (status, field)
    assert "label" not in world.decision("payment-1")


def test_a_clock_that_is_a_little_ahead_is_forgiven(world):
    assert world.label("payment-1", "fraud", (START + timedelta(seconds=30)).isoformat()) == "recorded"
    assert world.decision("payment-1")["labelled_at"] == {"S": START.isoformat()}


@pytest.mark.parametrize("text", ["", "label=fraud", "null", '{"labels": ' + "[" * 9000, '{"label": 1, "label": 2}'])
def test_what_is_not_a_json_object_is_refused(world, text):
    assert world.post_text(text)[0] == 400


def test_a_body_of_64_kilobytes_is_the_largest(world):
    padded = json.dumps(GOOD) + " " * (64 * 1024 - len(json.dumps(GOOD)))
    assert world.post_text(padded)[0] == 200
    assert world.post_text(padded + " ")[1]["error"]["code"] == "too_large"


@pytest.fixture
def scored(world, table) -> Any:
    """Scores a payment at the terminal so many hours after the first one; answers the features it was scored with."""
    api = build(world.s3, table, world.context)
    first = datetime(2026, 9, 1, 12, tzinfo=UTC)

    def score(transaction_id: str, hours: float = 0.0) -> dict[str, Any]:
        moment = (first + timedelta(hours=hours)).isoformat()
        others = {"customer_id": f"customer of {transaction_id}", "card_id": f"card of {transaction_id}"}
        assert api.score(transaction_id=transaction_id, timestamp=moment, email=..., **others)[0] == 200
        return details(transaction_id)["features"]

    def details(transaction_id: str) -> dict[str, Any]:
        status, answer, _ = api.find(transaction_id)
        assert status == 200
        return answer

    score.details = details
    return score


def test_a_fraud_raises_the_terminals_risk_for_payments_beyond_the_label_delay(world, scored):
    plan = contract("any").schema.history_plan
    delay, bucket = plan.delay / 3.6e9, plan.risk_bucket / 3.6e9  # hours
    scored("stolen")
    world.label("stolen", "fraud", "2026-09-02T09:00:00Z")
    risks = [feature.name for feature in plan.features if feature.name.startswith("terminal_risk_")]
    soon, later = scored("soon", delay / 2), scored("later", delay + 2 * bucket)
    assert [soon[name] for name in risks] == [None] * len(risks)
    assert later[risks[-1]] > 0
    world.label("stolen", "legit")
    corrected = scored("corrected", delay + 2 * bucket)
    assert corrected[risks[-1]] == 0


def test_a_label_never_changes_an_answer_that_was_given(world, scored):
    scored("stolen")
    before = scored.details("stolen")
    world.label("stolen", "fraud", "2026-09-02T09:00:00Z")
    after = scored.details("stolen")
    assert {name: after[name] for name in before} == before
    assert after["label"] == "fraud" and after["labelled_at"] == "2026-09-02T09:00:00+00:00"
    assert [entry["label"] for entry in after["label_trail"]] == ["fraud"]
    scored("stolen")  # scored again after the label, it is still the kept decision


TIMES = strategies.none() | strategies.integers(0, 5).map(lambda day: datetime(2026, 11, 1 + day, tzinfo=UTC))
GIVEN = strategies.builds(Label, strategies.just("payment-1"), strategies.sampled_from(["fraud", "legit"]), TIMES)


@settings(max_examples=200, deadline=None)
@given(strategies.lists(GIVEN, max_size=12))
def test_after_any_labels_the_count_is_that_of_the_label_in_force(labels):
    kept, frauds, now = Kept(), 0, datetime(2026, 11, 3, tzinfo=UTC)
    for label in labels:
        done = step(kept, label, now)
        frauds += done.frauds
        kept = Kept(done.label, done.labelled_at, done.trail or kept.trail)
        assert step(kept, label, now).status == "unchanged"
        now += timedelta(hours=1)
    assert frauds == (kept.label == "fraud")
    times = [entry["labelled_at"] for entry in kept.entries]
    assert not times or (kept.labelled_at is not None and kept.labelled_at.isoformat() == max(times))


def test_a_decision_that_is_corrected_for_ever_keeps_its_latest_labels():
    kept, now = Kept(), START
    for number in range(trail.LONGEST + 5):
        done = step(kept, Label("payment-1", ("fraud", "legit")[number % 2], None), now)
        kept, now = Kept(done.label, done.labelled_at, done.trail), now + timedelta(hours=1)
    assert len(kept.entries) == trail.LONGEST
    assert kept.entries[-1]["labelled_at"] == kept.labelled_at.isoformat()
