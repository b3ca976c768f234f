"""Scoring reads what is known of a transaction's entities, and counts each event once, whatever happens in between."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ReadTimeoutError

from functions.aws import clients
from functions.aws import history as items
from functions.score.decisions import Row
from functions.score.recording import TRY_FOR
from model import history
from model.features import names
from model.schema import Schema
from tests.functions.artefacts import contract
from tests.functions.conftest import HISTORY, LISTS, TABLE, sample_event
from tests.functions.fakes import START, client_error
from tests.functions.world import FIRST, SECOND, World, build

SAMPLE = json.loads(sample_event("score-valid")["body"])
PLAN = contract(FIRST).schema.history_plan
AT = datetime.fromisoformat(SAMPLE["timestamp"])


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


@dataclass
class Table:
    """DynamoDB, with something that happens around the next calls of an operation."""

    real: Any
    instead: dict[str, list[Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append(operation)
            self.requests.append(request)
            waiting = self.instead.get(operation, [])
            return waiting.pop(0)(**request) if waiting else getattr(self.real, operation)(**request)

        return call


@pytest.fixture
def wrapped(world, table) -> Table:
    made = Table(table)
    world.scoring = replace(
        world.scoring,
        tables=replace(world.scoring.tables, table=made),
        recorder=replace(world.scoring.recorder, table=made, decisions=type(world.scoring.decisions)(made, TABLE)),
    )
    return made


def replayed(*payloads: dict[str, Any]) -> dict[str, Any]:
    """What the history must hold after these events, in this order: by key."""
    schema, states = contract(FIRST).schema, {}
    for payload in payloads:
        transaction = schema.validate(payload)
        keys = history.keys(PLAN, transaction)
        known = {name: states.get(key, {}) for name, key in keys.items()}
        for name, change in history.observe(PLAN, transaction, known).items():
            states[keys[name]] = history.apply(known[name], change)
    return states


def stored(table: Any) -> dict[str, Any]:
    return {item["entity"]["S"]: items.state(item) for item in table.scan(TableName=HISTORY)["Items"]}


def later(**period: float) -> str:
    return (AT + timedelta(**period)).isoformat()


def features(world: World, transaction_id: str) -> dict[str, Any]:
    status, found, _ = world.find(transaction_id)
    assert status == 200
    return dict(found["features"])


def conflict(*codes: str) -> Any:
    def refuse(**request: Any) -> None:
        named = [*codes, *["None"] * (len(request["TransactItems"]) - len(codes))]
        raise client_error("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in named])

    return refuse


def test_an_event_is_counted_for_each_of_its_entities(world, table):
    world.score()
    assert set(stored(table)) == set(history.keys(PLAN, contract(FIRST).schema.validate(SAMPLE)).values())
    assert stored(table) == replayed(SAMPLE)


def test_the_next_event_sees_the_one_before_and_not_itself(world):
    world.score()
    world.score(transaction_id="tx-2", timestamp=later(minutes=10), amount=11.46)
    first, second = features(world, "tx-1"), features(world, "tx-2")
    assert (first["customer_count_1d"], second["customer_count_1d"]) == (0, 1)
    assert (first["customer_seconds_since_last"], second["customer_seconds_since_last"]) == (None, 600)
    assert second["customer_amount_sum_1d"] == 22.92 and second["amount_vs_customer_mean_1d"] == 0.5


def test_the_model_is_asked_with_the_history(world):
    world.score()
    world.score(transaction_id="tx-2", timestamp=later(minutes=10))
    sent = json.loads(world.endpoint.requests[-1]["Body"])
    assert dict(zip(sent["features"], sent["rows"][0], strict=True))["customer_count_1d"] == 1


def test_the_same_transaction_again_counts_nothing(world, table):
    world.score()
    assert world.score()[0] == 200
    assert world.score(amount=23)[0] == 409
    assert stored(table) == replayed(SAMPLE)


def test_two_identical_requests_at_the_same_moment_count_once(world, table, wrapped):
    answers: list[Any] = []

    def overtake(**request: Any) -> Any:
        answers.append(world.score())
        return table.transact_write_items(**request)

    wrapped.instead["transact_write_items"] = [overtake]
    world.endpoint.probability = 0.3
    answers.append(world.score())
    assert answers[0] == answers[1] and answers[0][0] == 200
    assert stored(table) == replayed(SAMPLE)


@pytest.mark.parametrize("apart", [{"seconds": 5}, {"seconds": -5}, {"seconds": 0}], ids=["newer", "older", "tie"])
@pytest.mark.parametrize("known", [True, False], ids=["a known entity", "a new entity"])
def test_two_events_of_an_entity_at_the_same_moment_both_count(world, table, wrapped, apart, known):
    before = [SAMPLE | {"transaction_id": "tx-0", "timestamp": later(minutes=-1)}] if known else []
    for payload in before:
        world.score(**payload)
    other = SAMPLE | {"transaction_id": "tx-2", "timestamp": later(**apart), "amount": 7.0}

    def overtake(**request: Any) -> Any:
        assert world.score(**other)[0] == 200
        return table.transact_write_items(**request)

    wrapped.instead["transact_write_items"] = [overtake]
    assert world.score()[0] == 200
    assert stored(table) == replayed(*before, other, SAMPLE)


@pytest.mark.parametrize("written", [True, False])
def test_a_write_whose_answer_was_lost_is_found_by_the_retry(world, table, wrapped, written):
    def lose(**request: Any) -> None:
        if written:
            table.transact_write_items(**request)
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    wrapped.instead["transact_write_items"] = [lose]
    assert world.score()[0] == 200
    assert wrapped.calls.count("transact_write_items") == 2
    assert stored(table) == replayed(SAMPLE) and table.scan(TableName=TABLE)["Count"] == 1


def test_a_late_event_counts_in_its_own_time(world, table):
    late = SAMPLE | {"transaction_id": "tx-2", "timestamp": later(hours=-5)}
    world.score()
    world.score(**late)
    assert stored(table) == replayed(SAMPLE, late)
    assert features(world, "tx-2")["customer_count_1h"] == 0


def test_an_entity_that_was_silent_for_long_is_as_one_never_seen(world, table):
    world.score()
    again = SAMPLE | {"transaction_id": "tx-2", "timestamp": later(microseconds=PLAN.memory + 1)}
    world.scoring.now.advance(microseconds=PLAN.memory)
    world.score(**again)
    assert features(world, "tx-2")["customer_count_30d"] == 0
    assert features(world, "tx-2")["customer_seconds_known"] is None
    assert stored(table) == replayed(SAMPLE, again) == replayed(again)


def test_an_item_is_kept_for_longer_than_its_memory(world, table):
    world.score()
    (expiry,) = {item["expires_at"]["N"] for item in table.scan(TableName=HISTORY)["Items"]}
    assert int(expiry) == int((START + timedelta(days=30, microseconds=PLAN.memory)).timestamp())


@pytest.mark.parametrize(("ahead", "counted"), [({"days": 1}, True), ({"days": 1, "seconds": 1}, False)])
def test_a_timestamp_far_ahead_of_the_clock_is_scored_and_leaves_no_trace(world, table, ahead, counted):
    assert world.score(timestamp=(START + timedelta(**ahead)).isoformat())[0] == 200
    assert bool(stored(table)) == counted
    assert ("TimestampAhead" in world.counted) != counted
    kept = Row.from_item(table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "tx-1"}})["Item"])
    assert bool(kept.values["history"]["keys"]) == counted


def test_a_missing_entity_is_neither_read_nor_counted(world, table):
    assert world.score(terminal_id=...)[0] == 200
    assert not [key for key in stored(table) if "terminal" in key]
    assert features(world, "tx-1")["terminal_count_1d"] is None


def test_a_decision_keeps_what_a_label_will_need(world, table):
    world.score()
    kept = Row.from_item(table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "tx-1"}})["Item"])
    note = kept.values["history"]
    scored = contract(FIRST).schema.validate(SAMPLE)
    assert set(note["keys"]) == set(stored(table))
    assert history.Change(add=note["label"]) == history.judge(PLAN, scored, 1)
    assert "history" not in kept.details()


def test_all_entities_are_read_in_one_call_and_all_is_written_in_one(world, wrapped):
    world.score()
    assert wrapped.calls == ["batch_get_item", "transact_write_items"]


def test_without_windows_the_lists_alone_are_read_and_the_decision_is_written_alone(world, wrapped):
    schema = Schema.from_dict(contract(FIRST).schema.to_dict() | {"history": {"windows": []}})
    world.serve(contract(SECOND, schema=schema, features=names(schema)))
    assert world.score()[0] == 200
    assert wrapped.calls == ["batch_get_item", "put_item"]
    assert set(wrapped.requests[0]["RequestItems"]) == {LISTS}


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_events_that_get_in_each_others_way_are_written_one_after_the_other(world, table, wrapped, code):
    wrapped.instead["transact_write_items"] = [conflict("None", code), conflict(code, "None", code)]
    assert world.score()[0] == 200
    assert stored(table) == replayed(SAMPLE)


def test_a_table_that_is_throttled_as_a_whole_is_asked_again(world, table, wrapped):
    def throttled(**_):
        raise client_error("ProvisionedThroughputExceededException")

    wrapped.instead["transact_write_items"] = [throttled, conflict("None", "TransactionConflict"), throttled]
    assert world.score()[0] == 200
    assert stored(table) == replayed(SAMPLE)


def test_an_entity_that_stays_busy_is_503_within_seconds_and_the_log_says_why(world, table, wrapped):
    wrapped.instead["transact_write_items"] = [conflict("None", "TransactionConflict")] * 1000
    log = StringIO()
    world.scoring = replace(world.scoring, logger=Logger(service="busy", stream=log))
    before = world.seconds[0]
    status, answer, headers = world.score()
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
    assert TRY_FOR <= world.seconds[0] - before < TRY_FOR + 0.2
    assert "TransactionCanceledException" in log.getvalue()
    assert stored(table) == {} and table.scan(TableName=TABLE)["Count"] == 0


def test_a_write_that_nobody_answers_twice_is_made_a_third_time(world, table, wrapped):
    def unanswered(**_: Any) -> None:
        world.seconds[0] += clients.RECORDING_TABLE.read_timeout
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    wrapped.instead["transact_write_items"] = [unanswered] * 2
    assert world.score()[0] == 200
    assert stored(table) == replayed(SAMPLE)


@pytest.mark.parametrize(
    "refused",
    [
        conflict("None", "ValidationError"),
        conflict("None", "ItemCollectionSizeLimitExceeded"),
        lambda **_: (_ for _ in ()).throw(client_error("AccessDeniedException")),
    ],
    ids=["invalid", "too large", "not allowed"],
)
def test_a_write_that_cannot_work_is_not_tried_again(world, wrapped, refused):
    wrapped.instead["transact_write_items"] = [refused]
    assert world.score()[0] == 503
    assert wrapped.calls.count("transact_write_items") == 1


def test_what_others_add_to_a_decision_does_not_stop_it_from_being_read(world, table):
    _, decided, _ = world.score()
    table.update_item(
        TableName=TABLE,
        Key={"transaction_id": {"S": "tx-1"}},
        UpdateExpression="SET trail = :trail, label = :label",
        ExpressionAttributeValues={":trail": {"L": [{"M": {}}]}, ":label": {"S": "fraud"}},
    )
    assert world.score()[:2] == (200, decided)
    assert features(world, "tx-1")


def test_an_event_counts_under_the_plan_of_the_model_that_scored_it(world, table):
    world.score()
    schema = Schema.from_dict(contract(FIRST).schema.to_dict() | {"history": {"windows": ["2h", "3d"]}})
    world.serve(contract(SECOND, schema=schema, features=names(schema)), announce=False)
    before = stored(table)
    assert world.score(transaction_id="tx-2")[1]["model"] == SECOND
    added = {key: state for key, state in stored(table).items() if key not in before}
    assert set(added) == set(history.keys(schema.history_plan, schema.validate(SAMPLE)).values())
    assert {key: state for key, state in stored(table).items() if key in before} == before
    assert features(world, "tx-2")["customer_count_3d"] == 0
