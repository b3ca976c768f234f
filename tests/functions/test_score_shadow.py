"""A model in the shadow says what it would have decided, to nobody but the record."""

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.archive.lines import line
from functions.score.shadow import FRESH_FOR, KEY
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET
from tests.functions.world import FIRST, SECOND, World, build


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    made = build(s3, table, context)
    made.serve(contract(SECOND), announce=False)
    made.serve(contract(FIRST))
    return made


def put_in_shadow(world: World, body: bytes = json.dumps({"model": SECOND}).encode()) -> None:
    world.s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)
    world.seconds[0] += FRESH_FOR


def scored(world: World, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer, and the kept decision."""
    status, answer, _ = world.score(transaction_id=name)
    assert status == 200, answer
    return answer, world.find(name)[1]


def test_without_one_there_is_no_word_of_it(world):
    assert "shadow" not in scored(world, "tx-1")[1]


def test_its_decision_is_kept_beside_the_others_and_not_answered(world):
    put_in_shadow(world)
    answer, kept = scored(world, "tx-1")
    assert "shadow" not in answer and answer["model"] == FIRST
    walked = world.scoring.live.forest(SECOND)
    probability = contract(SECOND).calibrate(walked.log_odds(contract(SECOND).encode(kept["features"])))
    assert kept["shadow"]["model"] == SECOND
    assert kept["shadow"]["fraud_probability"] == pytest.approx(probability, abs=1e-9)
    assert kept["shadow"]["score"] == contract(SECOND).probability_to_score(probability)
    assert kept["shadow"]["outcome"] == contract(SECOND).outcome(probability)


def test_it_reaches_the_log(world, table):
    put_in_shadow(world)
    scored(world, "tx-1")
    item = table.get_item(TableName=world.scoring.decisions._name, Key={"transaction_id": {"S": "tx-1"}})["Item"]
    record = type("Record", (), {"event_id": "1", "raw_event": {"dynamodb": {"NewImage": item}}})
    assert json.loads(line(record))["shadow"]["model"] == SECOND  # type: ignore[arg-type]


def test_it_ends_with_its_file(world):
    put_in_shadow(world)
    scored(world, "tx-1")
    world.s3.delete_object(Bucket=BUCKET, Key=KEY)
    world.seconds[0] += FRESH_FOR
    assert "shadow" not in scored(world, "tx-2")[1]


def test_the_model_that_serves_is_no_shadow_of_itself(world):
    put_in_shadow(world, json.dumps({"model": FIRST}).encode())
    assert "shadow" not in scored(world, "tx-1")[1]


def test_a_model_that_reads_transactions_otherwise_stays_silent(world):
    other = contract(SECOND)
    fields = tuple(replace(field, max_length=7) if field.name == "currency" else field for field in other.schema.fields)
    schema = replace(other.schema, fields=fields)
    world.s3.put_object(
        Bucket=BUCKET, Key=f"runs/{SECOND}/contract.json", Body=replace(other, schema=schema).to_json().encode()
    )
    put_in_shadow(world)
    assert "shadow" not in scored(world, "tx-1")[1]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"model": "fraud-9999999999999999"}'], ids=["empty", "list", "nobody", "unknown"]
)
def test_a_file_that_names_no_model_does_no_harm(world, body):
    put_in_shadow(world, body)
    assert "shadow" not in scored(world, "tx-1")[1]


def test_trees_that_are_missing_do_no_harm(world):
    world.s3.delete_object(Bucket=BUCKET, Key=f"runs/{SECOND}/trees.json.gz")
    put_in_shadow(world)
    assert "shadow" not in scored(world, "tx-1")[1]


def test_trees_that_come_later_are_found(world):
    key = f"runs/{SECOND}/trees.json.gz"
    trees = world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    world.s3.delete_object(Bucket=BUCKET, Key=key)
    put_in_shadow(world)
    scored(world, "tx-1")
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=trees)
    for number in (2, 3):
        world.seconds[0] += FRESH_FOR
        scored(world, f"tx-{number}")
    assert scored(world, "tx-4")[1]["shadow"]["model"] == SECOND


def test_a_model_of_a_later_version_stays_silent(world):
    later = replace(contract(SECOND), features=(*contract(SECOND).features, "of_a_later_version"))
    world.serve(later, announce=False)
    world.serve(contract(FIRST))
    put_in_shadow(world)
    assert "shadow" not in scored(world, "tx-1")[1]
