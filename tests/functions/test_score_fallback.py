"""Without the endpoint the function walks the same trees, as soon as it is clear that no answer will come in time."""

import gzip
import json
import math
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from functions.score.breaker import MOST_FAILURES, PAUSE
from functions.score.deadline import Deadline
from functions.score.live import FRESH_FOR, MOST_MODELS
from tests.functions.artefacts import contract, trees
from tests.functions.conftest import BUCKET, HISTORY
from tests.functions.fakes import client_error
from tests.functions.world import FIRST, SECOND, World, build

TREES = f"runs/{FIRST}/trees.json.gz"
WALKED = round(1 / (1 + math.exp(-1)), 9)  # the tree of tests.functions.artefacts, for a transaction at 14:18
ENDPOINT = 0.0123


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


def down(times: int = 1000) -> list[Exception]:
    return [client_error("ServiceUnavailable") for _ in range(times)]


def details(world: World, transaction_id: str = "tx-1") -> dict[str, Any]:
    status, found, _ = world.find(transaction_id)
    assert status == 200
    return found


def how(world: World, transaction_id: str) -> str:
    status, answer, _ = world.score(transaction_id=transaction_id)
    assert status == 200
    return str(answer["scored_by"])


@pytest.mark.parametrize(
    "error",
    [
        client_error("ModelError", OriginalStatusCode=500, OriginalMessage="<html>"),
        client_error("ModelError", OriginalStatusCode=422, OriginalMessage="not json"),
        client_error("ModelNotReadyException"),
        client_error("ServiceUnavailable"),
        client_error("ThrottlingException"),
        client_error("ValidationError", "Endpoint fraud-endpoint of account 123456789012 not found."),
        ReadTimeoutError(endpoint_url="https://runtime.sagemaker"),
        EndpointConnectionError(endpoint_url="https://runtime.sagemaker"),
    ],
    ids=lambda error: str(error)[:40],
)
def test_an_endpoint_that_does_not_answer_is_replaced_by_the_walk(world, table, error):
    world.endpoint.fails = [error]
    status, answer, _ = world.score()
    assert status == 200
    assert answer == {
        "transaction_id": "tx-1",
        "fraud_probability": WALKED,
        "score": 731,
        "outcome": "block",
        "reasons": [],
        "model": FIRST,
        "scored_by": "fallback",
    }
    assert {name: details(world)[name] for name in answer} == answer
    assert "Fallback" in world.counted and "EndpointUnavailable" in world.counted
    assert table.scan(TableName=HISTORY)["Count"] == len(contract(FIRST).schema.history_plan.entities)
    assert how(world, "tx-2") == "endpoint"


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"{}",
        b"[]",
        b'{"model": "m", "predictions": []}',
        b'{"model": "m", "predictions": [{"fraud_probability": NaN}]}',
        b'{"model": "m", "predictions": [{"fraud_probability": 1.5}]}',
        b'{"model": "m", "predictions": [{"fraud_probability": 0.5}]}',
    ],
    ids=lambda answer: answer.decode(),
)
def test_an_answer_that_is_none_is_not_taken_for_one(world, answer):
    world.endpoint.raw_answer = answer
    assert world.score()[1]["fraud_probability"] == WALKED


def test_a_decision_by_the_endpoint_is_not_counted_as_a_fallback(world):
    world.score()
    assert "Fallback" not in world.counted


def test_what_was_decided_holds_while_the_endpoint_is_away(world):
    _, decided, _ = world.score()
    world.endpoint.fails = down()
    assert world.score()[:2] == (200, decided)
    assert world.score(amount=23)[0] == 409


def test_what_was_walked_holds_when_the_endpoint_is_back(world):
    world.endpoint.fails = down(1)
    _, decided, _ = world.score()
    assert world.score()[:2] == (200, decided)


class Waits:
    """An endpoint that answers when nobody listens any more."""

    def __init__(self) -> None:
        self.released, self.ended = Event(), Event()

    def invoke_endpoint(self, **_: Any) -> None:
        self.released.wait(60)
        self.ended.set()
        raise client_error("ServiceUnavailable")


def test_an_endpoint_that_takes_too_long_is_not_waited_for(world):
    slow = Waits()
    world.ask(slow)
    threads = ThreadPoolExecutor(1)
    judging = world.scoring.judging
    world.scoring = replace(
        world.scoring,
        judging=replace(judging, endpoint=replace(judging.endpoint, threads=threads)),
        deadline=partial(Deadline.after, 0.2, time.monotonic),
    )
    try:
        assert how(world, "tx-1") == "fallback"
        assert not slow.ended.is_set()
    finally:
        slow.released.set()
        threads.shutdown()


def test_an_endpoint_for_which_no_time_is_left_is_not_asked_and_not_blamed(world):
    world.scoring = replace(world.scoring, deadline=partial(Deadline.after, 0.0, time.monotonic))
    for number in range(MOST_FAILURES):
        assert how(world, f"tx-{number}") == "fallback"
    assert world.endpoint.requests == [] and "EndpointUnavailable" not in world.counted
    world.scoring = replace(world.scoring, deadline=partial(Deadline.after, 60.0, time.monotonic))
    assert how(world, "tx-last") == "endpoint"


def test_a_connection_that_was_closed_while_it_lay_idle_is_no_failure(world):
    closed = ConnectionClosedError(endpoint_url="https://runtime.sagemaker")
    world.endpoint.fails = [closed]
    assert how(world, "tx-1") == "endpoint"
    world.endpoint.fails = [closed, closed]
    assert how(world, "tx-2") == "fallback"


def test_after_some_failures_the_endpoint_is_spared_for_a_while(world):
    world.endpoint.fails = down()
    for number in range(MOST_FAILURES + 4):
        assert how(world, f"tx-{number}") == "fallback"
    assert len(world.endpoint.requests) == MOST_FAILURES
    assert world.counted.count("EndpointGivenUp") == 1
    world.seconds[0] += PAUSE
    world.endpoint.fails = []
    assert [how(world, "tx-trial"), how(world, "tx-next")] == ["endpoint", "endpoint"]


def test_an_endpoint_that_comes_back_with_another_model_is_asked_by_its_contract_at_once(world):
    world.endpoint.fails = down(MOST_FAILURES)
    for number in range(MOST_FAILURES):
        assert how(world, f"tx-{number}") == "fallback"
    world.seconds[0] += PAUSE
    world.serve(contract(SECOND, features=contract(FIRST).features[1:]), announce=False)
    status, answer, _ = world.score(transaction_id="tx-last")
    assert (status, answer["scored_by"], answer["model"]) == (200, "endpoint", SECOND)


def test_a_model_that_changes_twice_in_one_request_is_not_chased(world):
    names = contract(FIRST).features
    world.serve(contract(SECOND, features=names[1:]), announce=False)
    other = {"error": {"code": "features_differ"}, "model": SECOND}
    differ = client_error("ModelError", OriginalStatusCode=422, OriginalMessage=json.dumps(other))
    for number in range(MOST_FAILURES):
        world.endpoint.fails = [differ] * 2
        status, answer, _ = world.score(transaction_id=f"tx-{number}")
        assert (status, answer["scored_by"], answer["model"]) == (200, "fallback", FIRST)
    assert "EndpointUnavailable" not in world.counted  # it answered
    assert how(world, "tx-last") == "endpoint"


def test_a_replaced_model_that_fails_is_walked_by_the_trees_that_are_known(world, s3):
    names = contract(FIRST).features
    world.serve(contract(SECOND, features=names[1:]), announce=False)
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{SECOND}/contract.json")
    status, answer, _ = world.score()
    assert (status, answer["scored_by"], answer["model"]) == (200, "fallback", FIRST)


def test_a_probability_of_a_model_without_a_contract_is_not_used(world, s3):
    world.serve(contract(SECOND), announce=False)
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{SECOND}/contract.json")
    assert world.score()[1]["model"] == FIRST


def test_a_new_model_is_live_for_us_when_its_contract_can_be_read(world, s3):
    world.score()
    world.serve(contract(SECOND))
    body = s3.get_object(Bucket=BUCKET, Key=f"runs/{SECOND}/contract.json")["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{SECOND}/contract.json")
    world.endpoint.fails = down()
    world.seconds[0] += FRESH_FOR
    assert world.score(transaction_id="tx-2")[1]["model"] == FIRST
    s3.put_object(Bucket=BUCKET, Key=f"runs/{SECOND}/contract.json", Body=body)
    world.seconds[0] += FRESH_FOR
    assert world.score(transaction_id="tx-3")[1]["model"] == SECOND


def test_trees_are_read_before_they_are_needed(world, s3):
    world.score()
    s3.delete_object(Bucket=BUCKET, Key=TREES)
    world.endpoint.fails = down()
    assert how(world, "tx-2") == "fallback"


@pytest.mark.parametrize(
    "body",
    [None, b"", b"{}", b"\x1f\x8b\x08\x00broken"],
    ids=["missing", "empty", "not compressed", "cut off"],
)
def test_without_trees_the_schema_decides_and_the_event_counts(world, s3, table, body):
    s3.delete_object(Bucket=BUCKET, Key=TREES)
    if body is not None:
        s3.put_object(Bucket=BUCKET, Key=TREES, Body=body)
    world.endpoint.fails = down(1)
    status, answer, _ = world.score()
    assert status == 200
    assert (answer["scored_by"], answer["outcome"], answer["model"]) == ("fail_policy", "review", None)
    assert {"Fallback", "FailPolicy"} <= set(world.counted)
    assert details(world)["features"]["hour"] == 14.0
    assert table.scan(TableName=HISTORY)["Count"] == len(contract(FIRST).schema.history_plan.entities)


def test_trees_of_other_features_are_not_walked(world, s3):
    body = gzip.compress(trees(contract(FIRST, features=contract(FIRST).features[1:])))
    s3.put_object(Bucket=BUCKET, Key=TREES, Body=body)
    world.endpoint.fails = down(1)
    assert how(world, "tx-1") == "fail_policy"


def test_trees_that_could_not_be_read_are_tried_again_later_and_not_with_every_request(world, s3):
    body = s3.get_object(Bucket=BUCKET, Key=TREES)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=TREES)
    world.score()
    s3.put_object(Bucket=BUCKET, Key=TREES, Body=body)
    world.endpoint.fails = down()
    assert how(world, "tx-2") == "fail_policy"
    world.seconds[0] += FRESH_FOR
    assert how(world, "tx-3") == "fallback"


def test_only_some_models_are_kept_in_memory(world):
    for digit in range(MOST_MODELS + 2):
        world.serve(contract(f"fraud-{digit}" + "0" * 15))
        world.seconds[0] += FRESH_FOR
        world.score(transaction_id=f"tx-{digit}")
    live = world.scoring.live
    assert len(live._forests) == len(live._contracts) == MOST_MODELS


class Never(Executor):
    """Threads that do not get to it."""

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        return Future()


def test_a_request_does_not_wait_for_a_look_at_the_bucket(world):
    world.score()
    world.scoring.live._threads = Never()
    world.seconds[0] += FRESH_FOR
    world.serve(contract(SECOND))
    assert how(world, "tx-2") == "endpoint"
    assert world.scoring.live.at_hand().model == FIRST


def test_a_fallback_that_cannot_be_kept_is_not_answered(world):
    class Broken:
        def transact_write_items(self, **_: Any) -> None:
            raise client_error("InternalServerError")

    world.endpoint.fails = down(1)
    world.scoring = replace(world.scoring, recorder=replace(world.scoring.recorder, table=Broken()))
    status, answer, headers = world.score()
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
