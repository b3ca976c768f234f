"""A batch answers what its transactions would have been answered one after another, each at its place."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from io import BytesIO, StringIO
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from hypothesis import HealthCheck, given, settings, strategies

from functions.rest import body, problems
from functions.score import batch
from functions.score.chains import chains
from tests.functions.artefacts import contract
from tests.functions.conftest import TABLE, sample_event
from tests.functions.fakes import client_error
from tests.functions.world import FIRST, FakeEndpoint, World, build

PAYMENT = json.loads(sample_event("score-valid")["body"])


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


def payment(number: int, **changes: Any) -> dict[str, Any]:
    """One that shares nothing with those of other numbers."""
    own = {name: f"{name}-{number}" for name in ("customer_id", "card_id", "terminal_id")}
    addresses = {"email": f"c{number}@example.net", "ip_address": f"198.51.100.{number}"}
    return PAYMENT | own | addresses | {"transaction_id": f"tx-{number}"} | changes


class Reflecting(FakeEndpoint):
    """Gives every row of features a probability of its own, so that two answers are equal if the features were."""

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        row = json.dumps(json.loads(request["Body"])["rows"])
        share = int(sha256(row.encode()).hexdigest()[:8], 16) / 2**32
        answer = {"model": self.serving.model, "predictions": [{"fraud_probability": share}]}
        return {"Body": BytesIO(json.dumps(answer).encode())}


class Gate(FakeEndpoint):
    """Lets a transaction through when the test says so."""

    def __init__(self, serving: Any, wait: Any) -> None:
        super().__init__(serving)
        self.wait = wait

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.wait(request["InferenceId"])
        return super().invoke_endpoint(**request)


class Away:
    """A decision store that cannot be reached."""

    def record(self, *_: Any) -> Any:
        raise problems.unavailable("decision store")


def test_every_transaction_is_decided_and_kept_in_its_place(world, table):
    status, answer, _ = world.score_batch(*(payment(number) for number in range(20)))
    assert status == 200
    assert [one["transaction_id"] for one in answer["decisions"]] == [f"tx-{number}" for number in range(20)]
    assert {one["outcome"] for one in answer["decisions"]} == {"approve"}
    assert table.scan(TableName=TABLE, Select="COUNT")["Count"] == 20


GIVEN = strategies.tuples(
    strategies.integers(0, 5),  # the id, often that of another
    strategies.sampled_from("ab"),  # the customer
    strategies.sampled_from("xyz"),  # the terminal
    strategies.sampled_from([1, 2, -1, "much"]),  # the amount
)


@given(strategies.lists(GIVEN, min_size=1, max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_answers_what_single_requests_in_its_order_would_have_been_answered(world, given_ones):
    world.ask(Reflecting(contract(FIRST)))

    def transactions(mark: str) -> list[dict[str, Any]]:
        """Each example, and each way, has ids and entities of its own, for they share the tables."""
        return [
            payment(
                0,
                customer_id=f"{mark}{customer}",
                card_id=f"{mark}{customer}",
                transaction_id=f"{mark}{number}",
                terminal_id=f"{mark}{terminal}",
                amount=amount,
                email=None,
                ip_address=None,
            )
            for number, customer, terminal, amount in given_ones
        ]

    singly = [answer.get("error", answer) for _, answer, _ in (world.score(**one) for one in transactions(uuid4().hex))]
    status, together, _ = world.score_batch(*transactions(uuid4().hex))
    if status == 200:
        together = [answer.get("error", answer) for answer in together["decisions"]]
        for place, answer in enumerate(together):
            if "field" in answer:
                answer["field"] = answer["field"].removeprefix(f"transactions[{place}].")
    assert [one | {"transaction_id": ""} for one in together] == [one | {"transaction_id": ""} for one in singly]


def test_a_wrong_transaction_does_not_spoil_the_others(world):
    broken = [payment(1, amount="a lot"), 7, payment(2, transaction_id=" "), payment(3, colour="red"), {}]
    status, answer, _ = world.score_batch(payment(0), *broken, payment(4))
    first, *refused, last = answer["decisions"]
    assert (status, first["outcome"], last["outcome"]) == (200, "approve", "approve")
    assert [(one["transaction_id"], one["error"]["field"]) for one in refused] == [
        ("tx-1", "transactions[1].amount"),
        (None, "transactions[2]"),
        (None, "transactions[3].transaction_id"),
        ("tx-3", "transactions[4].colour"),
        (None, "transactions[5].transaction_id"),
    ]
    assert {one["error"]["code"] for one in refused} == {"invalid_field"}


def test_an_id_that_comes_twice_gets_its_kept_answer_or_a_conflict(world):
    status, answer, _ = world.score_batch(payment(1), payment(1), payment(1, amount=23))
    first, second, third = answer["decisions"]
    assert (status, first) == (200, second)
    assert (third["transaction_id"], third["error"]["code"]) == ("tx-1", "other_content")
    assert third["error"]["field"] == "transactions[2].transaction_id"


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "transactions"),
        ({"transactions": None}, "transactions"),
        ({"transactions": {"0": {}}}, "transactions"),
        ({"transactions": []}, "transactions"),
        ({"transactions": [{}] * 101}, "transactions"),
        ({"transactions": [{}], "colour": 1}, "colour"),
        (PAYMENT, "transaction_id"),
    ],
)
def test_what_is_no_list_of_transactions_is_refused_as_a_whole(world, table, payload, field):
    status, answer, _ = world.call(sample_event("score-batch") | {"body": json.dumps(payload)})
    assert (status, answer["error"]["field"]) == (422, field)
    assert table.scan(TableName=TABLE)["Count"] == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "invalid_json"), ("[]", "invalid_json"), ('{"transactions": [{"a": 1, "a": 2}]}', "invalid_json")],
)
def test_what_is_no_json_is_refused_as_a_whole(world, text, code):
    status, answer, _ = world.call(sample_event("score-batch") | {"body": text})
    assert (status, answer["error"]["code"]) == (400, code)


def test_a_batch_may_be_larger_than_a_transaction_but_not_without_end(world):
    text = json.dumps({"transactions": [payment(1)]})
    for size, status in ((body.LARGEST + 1, 200), (body.LARGEST_BATCH, 200), (body.LARGEST_BATCH + 1, 400)):
        assert world.call(sample_event("score-batch") | {"body": text.ljust(size)})[0] == status


def test_a_number_that_is_none_is_refused_in_its_place(world):
    _, answer, _ = world.score_batch(payment(0, amount=float("nan")), payment(1))
    assert [one.get("error", {}).get("field") for one in answer["decisions"]] == ["transactions[0].amount", None]


def test_where_the_endpoint_is_away_for_some_these_say_so(world):
    world.endpoint.fails = [client_error("ServiceUnavailable")]
    status, answer, _ = world.score_batch(payment(1), payment(1, transaction_id="tx-2"))
    assert (status, [one["scored_by"] for one in answer["decisions"]]) == (200, ["fallback", "endpoint"])


def test_where_no_decision_can_be_kept_the_batch_fails_as_one_request_would(world):
    world.scoring = replace(world.scoring, recorder=Away())
    status, answer, headers = world.score_batch(*(payment(number) for number in range(3)))
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")


def test_those_who_share_nothing_are_scored_at_the_same_time(world):
    together = Barrier(batch.AT_ONCE, timeout=60)
    world.ask(Gate(contract(FIRST), lambda _: together.wait()))
    status, answer, _ = world.score_batch(*(payment(number) for number in range(batch.AT_ONCE)))
    assert status == 200 and all("outcome" in one for one in answer["decisions"])


def test_what_takes_too_long_is_not_waited_for_and_answered_when_it_is_asked_again(world):
    stuck = Event()
    others = [payment(number) for number in range(1, 4)]
    world.ask(Gate(contract(FIRST), lambda name: stuck.wait() if name == "tx-0" else None))
    late = [payment(0), payment(0, transaction_id="tx-0b")]  # the second waits for the first
    answers = batch.decide(world.scoring, [*others, *late], seconds=3)
    stuck.set()
    assert [one.get("error", {}).get("code") for one in answers] == [None] * 3 + ["unavailable"] * 2
    status, answer, _ = world.score_batch(*others, *late)
    assert status == 200 and all("outcome" in one for one in answer["decisions"])


def test_a_mistake_of_ours_is_not_taken_for_an_answer(world):
    def fail(_: str) -> None:
        raise ZeroDivisionError

    world.ask(Gate(contract(FIRST), fail))
    with pytest.raises(ZeroDivisionError):
        world.score_batch(payment(1), payment(2))


def test_a_refusal_of_a_service_is_logged_and_nothing_of_the_body_is(world):
    log = StringIO()
    world.scoring = replace(world.scoring, logger=Logger(service="batch", stream=log))
    world.endpoint.fails = [client_error("ServiceUnavailable")]
    world.score_batch(payment(1, card_id="4929-secret"), payment(2, email="secret-name"))
    assert "ServiceUnavailable" in log.getvalue() and "secret" not in log.getvalue()


KEYS = strategies.lists(strategies.frozensets(strategies.sampled_from("abcdefgh"), max_size=3), max_size=12)


@given(KEYS)
def test_a_chain_holds_those_who_share_a_key_directly_or_through_others(keys):
    together = [{place} for place in range(len(keys))]
    for _ in keys:  # as long as anything can still grow
        for places in together:
            known = frozenset().union(*(keys[place] for place in places))
            places |= {place for place in range(len(keys)) if keys[place] & known}
    found = chains(keys)
    assert sorted(map(tuple, found)) == sorted({tuple(sorted(places)) for places in together})
    assert [len(chain) for chain in found] == sorted(map(len, found), reverse=True)


def test_two_batches_of_the_same_transactions_at_once_are_decided_once(world, table):
    payments = [payment(number) for number in range(6)]
    with ThreadPoolExecutor(2) as callers:
        first, second = callers.map(lambda _: batch.decide(world.scoring, payments), range(2))
    assert first == second
    assert table.scan(TableName=TABLE, Select="COUNT")["Count"] == 6
