"""While no model is live the schema in force says what a transaction looks like and what is done with it."""

import json
from dataclasses import replace
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from functions.archive.lines import line
from functions.label.handler import handler as label_handler
from functions.label.handler import wire
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, HISTORY, LABEL_SETTINGS, TABLE, sample_event
from tests.functions.fakes import Clock
from tests.functions.world import FIRST, World, build

SCHEMA = "config/schema.yaml"
ANSWER = {
    "transaction_id": "tx-1",
    "fraud_probability": None,
    "score": None,
    "outcome": "review",
    "reasons": [],
    "model": None,
    "scored_by": "fail_policy",
}


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    made = build(s3, table, context)
    s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    return made


def own(policy: str) -> bytes:
    return f"""
name: orders
timestamp: {{column: placed_at}}
fields:
  total: {{role: amount, required: true, max: 1000}}
fail_policy: {policy}
""".encode()


ORDER = {"transaction_id": "order-1", "placed_at": "2026-11-23T12:00:00Z", "total": 12.5}


def post(world: World, payload: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
    return world.score_text(json.dumps(payload))


def test_the_packaged_schema_asks_people_to_look(world):
    status, answer, _ = world.score()
    assert (status, answer) == (200, ANSWER)
    assert {"Outcome_review", "Fallback", "FailPolicy"} <= set(world.counted)
    assert world.endpoint.requests == []


def test_the_decision_is_kept_and_read_like_any_other(world):
    world.score()
    status, found, _ = world.call(sample_event("score-get-decision"))
    assert status == 200
    assert {name: found[name] for name in ANSWER} == ANSWER
    assert found["transaction"]["amount"] == 22.92 and found["features"] == {}


def test_the_same_transaction_keeps_its_answer_when_a_model_is_live(world):
    world.score()
    world.serve(contract(FIRST))
    world.seconds[0] += 30
    assert world.score()[:2] == (200, ANSWER)
    assert world.score(amount=23)[0] == 409
    assert world.score(transaction_id="tx-2")[1]["scored_by"] == "endpoint"


def test_nothing_is_counted_for_the_first_models_history_is_loaded_undisturbed(world, table):
    world.score()
    assert table.scan(TableName=HISTORY)["Count"] == 0


def test_a_wrong_field_is_named(world, table):
    status, answer, _ = world.score(amount="a lot")
    assert (status, answer["error"]["field"]) == (422, "amount")
    assert table.scan(TableName=TABLE)["Count"] == 0


@pytest.mark.parametrize("policy", ["approve", "review", "block"])
def test_the_schema_in_the_bucket_says_what_is_done(world, s3, policy):
    s3.put_object(Bucket=BUCKET, Key=SCHEMA, Body=own(policy))
    status, answer, _ = post(world, ORDER)
    assert (status, answer["outcome"], answer["scored_by"]) == (200, policy, "fail_policy")
    assert world.score()[0] == 422


def test_a_schema_that_is_replaced_is_noticed(world, s3):
    world.score()
    s3.put_object(Bucket=BUCKET, Key=SCHEMA, Body=own("block"))
    assert post(world, ORDER)[1]["outcome"] == "block"
    s3.put_object(Bucket=BUCKET, Key=SCHEMA, Body=own("approve"))
    assert post(world, ORDER | {"transaction_id": "order-2"})[1]["outcome"] == "approve"


@pytest.mark.parametrize("body", [b"fields: [", b"\xff", own("maybe"), b" " * 300_000], ids=len)
def test_a_schema_that_cannot_be_used_is_503_and_the_log_says_why(world, s3, table, body):
    log = StringIO()
    world.scoring = replace(world.scoring, logger=Logger(service=f"schema-{uuid4()}", stream=log))
    s3.put_object(Bucket=BUCKET, Key=SCHEMA, Body=body)
    status, answer, headers = post(world, ORDER)
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
    assert '"cause"' in log.getvalue()
    assert table.scan(TableName=TABLE)["Count"] == 0


def test_the_log_has_a_line_of_it(world, table):
    world.score()
    stored = table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "tx-1"}})["Item"]

    class Record:
        event_id = "1"
        raw_event = {"dynamodb": {"NewImage": stored}}  # noqa: RUF012 (nobody changes it)

    logged = json.loads(line(Record()))  # type: ignore[arg-type]
    assert {name: logged[name] for name in ANSWER} == ANSWER
    assert "history" not in logged


def test_a_label_is_recorded_and_moves_no_counter(world, table, s3, sqs, sns, context):
    world.score()
    ports = wire(LABEL_SETTINGS, table, s3, sqs, sns, Clock(), pause=lambda _: None)
    body = json.dumps({"transaction_id": "tx-1", "label": "fraud"})
    answer = label_handler(sample_event("label-one") | {"body": body}, context, ports=ports)
    assert json.loads(answer["body"])["status"] == "recorded"
    assert table.scan(TableName=HISTORY)["Count"] == 0
    assert world.call(sample_event("score-get-decision"))[1]["label"] == "fraud"
