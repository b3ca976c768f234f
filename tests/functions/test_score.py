"""The API answers every request with a kept decision or with an error that says what is wrong, and never with a 500."""

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from hypothesis import given, settings, strategies

from functions.rest import body
from functions.rest.problems import ProblemError
from functions.score.decisions import Decisions
from functions.score.handler import logger
from functions.score.live import FRESH_FOR, LiveModel
from tests.functions.artefacts import EVALUATION, HOLD_OUT, SHIPPED, contract
from tests.functions.conftest import BUCKET, TABLE, sample_event
from tests.functions.fakes import AtOnce, client_error
from tests.functions.world import FIRST, SECOND, FakeEndpoint, World, build


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


def test_a_transaction_is_scored_kept_and_answered(world, table):
    status, answer, _ = world.score()
    assert status == 200
    assert answer == {
        "transaction_id": "tx-1",
        "fraud_probability": 0.0123,
        "score": 12,
        "outcome": "approve",
        "reasons": [],
        "model": FIRST,
        "scored_by": "endpoint",
    }
    item = table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "tx-1"}})["Item"]
    assert set(item) == {
        *answer, "decided_at", "expires_at", "features", "transaction", "history", "content_hash", "model_outcome",
        "rules_version",
    }  # fmt: skip
    assert int(item["expires_at"]["N"]) == 1795446000 + 400 * 86400


def test_the_endpoint_gets_the_callers_id_and_the_contracts_features_in_order(world):
    world.score()
    request = world.endpoint.requests[0]
    assert request["EndpointName"] == "fraud-endpoint" and request["InferenceId"] == "tx-1"
    sent = json.loads(request["Body"])
    assert sent["features"] == list(contract(FIRST).features)
    row = dict(zip(sent["features"], sent["rows"][0], strict=True))
    assert row["amount"] == 22.92 and row["hour"] == 14.0 and row["email_domain"] == "example.net"


def test_a_flagged_transaction_comes_with_reasons(world):
    world.endpoint.probability = 0.7
    world.endpoint.contributions = {"amount": 2.5, "hour": -0.1}
    _, answer, _ = world.score()
    assert answer["outcome"] == "block"
    assert answer["reasons"][0]["feature"] == "amount" and answer["reasons"][0]["value"] == 22.92


def test_the_same_transaction_again_gets_the_stored_answer(world):
    _, first, _ = world.score()
    world.endpoint.probability = 0.9
    assert world.score()[:2] == (200, first)
    # the same content, written differently
    assert world.score(timestamp="2026-11-23T14:18:19Z", amount=22.920, terminal_id="T00017 ")[:2] == (200, first)


def test_two_identical_requests_at_the_same_moment_are_one_decision(world):
    second: list[Any] = []

    class Overtaken(FakeEndpoint):
        def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
            if not second:
                second.append(None)
                second[0] = world.score()
                self.probability = 0.9
            return super().invoke_endpoint(**request)

    overtaken = Overtaken(world.endpoint.serving)
    world.ask(overtaken)
    first = world.score()
    assert first[1] == second[0][1] and first[1]["fraud_probability"] == 0.0123


def test_the_same_id_with_other_content_is_a_conflict(world):
    world.score()
    status, answer, _ = world.score(amount=23)
    assert status == 409 and answer["error"]["field"] == "transaction_id"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "a lot"}, "amount"),
        ({"amount": ...}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"amount": {"a": 1}}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"amount": float("inf")}, "amount"),
        ({"amount": 10**400}, "amount"),
        ({"amuont": 1}, "amuont"),
        ({"timestamp": "2026-11-23T14:18:19"}, "timestamp"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"transaction_id": ...}, "transaction_id"),
        ({"transaction_id": "x" * 129}, "transaction_id"),
        ({"transaction_id": "a\nb"}, "transaction_id"),
        ({"email": "\ud800@example.net"}, "email"),
        ({"ip_address": "300.1.1.1"}, "ip_address"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(world, table, change, field):
    status, answer, _ = world.score(**change)
    assert (status, answer["error"]["field"]) == (422, field)
    assert answer["error"]["message"] and set(answer["error"]) == {"code", "message", "field"}
    assert table.scan(TableName=TABLE)["Count"] == 0


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "12", '"text"', "[" * 50_000, '{"a":' * 9_000, "amount=1", "{'a': 1}", '{"a": 1}{', "\x00"],
)
def test_what_is_not_one_json_object_is_refused(world, text):
    status, answer, _ = world.score_text(text)
    assert (status, answer["error"]["code"]) == (400, "invalid_json")


def test_a_name_that_comes_twice_is_refused(world):
    status, answer, _ = world.score_text('{"amount": 1, "amount": 1000}')
    assert (status, answer["error"]["field"]) == (400, "amount")


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_above_the_limit_is_refused_unread(world, encoded):
    event = sample_event("score-valid") | {"body": "!" * 10_000_000, "isBase64Encoded": encoded}
    status, answer, _ = world.call(event)
    assert (status, answer["error"]["code"]) == (400, "too_large")


def test_a_name_that_comes_twice_among_very_many_is_found_at_once():
    names = ",".join(f'"{number}":1' for number in range(70_000))
    with pytest.raises(ProblemError) as refused:
        body.read({"body": f'{{{names},"a":1,"a":1}}', "isBase64Encoded": False}, body.LARGEST_BATCH)
    assert refused.value.field == "a"


def test_the_limit_counts_bytes_not_characters(world):
    assert world.score_text(json.dumps({"a": "ü" * (body.LARGEST // 2)}, ensure_ascii=False))[1]["error"]["code"] == (
        "too_large"
    )


@pytest.mark.parametrize("text", ["not base64!", "/w=="], ids=["no base64", "no UTF-8"])
def test_a_body_in_a_broken_encoding_is_refused(world, text):
    status, answer, _ = world.call(sample_event("score-valid") | {"body": text, "isBase64Encoded": True})
    assert (status, answer["error"]["code"]) == (400, "invalid_json")


@given(
    strategies.one_of(
        strategies.text(),
        strategies.recursive(
            strategies.none() | strategies.booleans() | strategies.floats() | strategies.integers() | strategies.text(),
            lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner),
        ).map(json.dumps),
    ),
    strategies.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_no_body_escapes_the_reader(text, is_base64):
    try:
        assert isinstance(body.read({"body": text, "isBase64Encoded": is_base64}), dict)
    except ProblemError as problem:
        assert problem.status in (400, 422)


def test_without_a_model_nothing_serves(world, s3):
    s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    status, answer, headers = world.call(sample_event("score-get-model"))
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "no_model", "30")
    assert world.call(sample_event("score-get-health"))[:2] == (200, {"status": "no_model", "model": None})


def test_the_first_model_is_seen_soon(world, s3):
    s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    assert world.score()[1]["model"] is None
    world.serve(contract(FIRST))
    world.seconds[0] += 2
    assert world.score(transaction_id="tx-2")[1]["model"] == FIRST


def test_a_replaced_model_is_named_at_once(world):
    world.score()
    world.serve(contract(SECOND, block_from=0.01, review_from=0.001), announce=False)
    status, answer, _ = world.score(transaction_id="tx-2")
    assert (status, answer["model"], answer["outcome"]) == (200, SECOND, "block")


def test_a_replaced_model_with_other_features_is_asked_again_with_its_own(world):
    world.score()
    schema = contract(FIRST).schema
    smaller = replace(schema, fields=tuple(f for f in schema.fields if f.name != "currency"), extra_columns="ignore")
    names = tuple(name for name in contract(FIRST).features if name != "currency")
    world.serve(contract(SECOND, schema=smaller, features=names), announce=False)
    status, answer, _ = world.score(transaction_id="tx-2")
    assert (status, answer["model"]) == (200, SECOND)
    assert len(world.endpoint.requests) == 3


def test_a_model_trained_on_fewer_features_than_are_computed_today_serves_on(world):
    names = contract(FIRST).features
    world.serve(contract(SECOND, features=names[1:]))
    world.seconds[0] += FRESH_FOR
    assert world.score()[1]["model"] == SECOND
    assert json.loads(world.endpoint.requests[-1]["Body"])["features"] == list(names[1:])


def test_the_bucket_is_asked_again_after_a_while(world):
    world.score()
    world.serve(contract(SECOND))
    assert world.call(sample_event("score-get-model"))[1]["model"] == FIRST
    world.seconds[0] += 30
    assert world.call(sample_event("score-get-model"))[1]["model"] == SECOND


def test_a_bucket_that_cannot_be_read_does_not_stop_scoring(world):
    class Broken:
        def list_objects_v2(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://s3")

    world.score()
    live = world.scoring.live
    live._s3 = Broken()
    world.seconds[0] += FRESH_FOR
    assert world.score(transaction_id="tx-2")[0] == 200
    fresh = LiveModel(Broken(), BUCKET, lambda: 0.0, AtOnce(), logger)
    world.scoring = replace(world.scoring, live=fresh)
    status, answer, headers = world.score(transaction_id="tx-3")
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")


@pytest.mark.parametrize("body", [None, b"{", b'{"format": 1}'], ids=["missing", "cut off", "incomplete"])
def test_a_contract_that_cannot_be_read_is_503_and_is_read_again(world, s3, body):
    key = f"runs/{FIRST}/contract.json"
    s3.delete_object(Bucket=BUCKET, Key=key)
    if body:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    status, answer, headers = world.score()
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
    world.serve(contract(FIRST))
    assert world.score()[0] == 200


def test_a_live_pointer_that_makes_no_sense_does_not_stop_scoring(world, s3):
    world.score()
    s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=b"{}")
    world.seconds[0] += FRESH_FOR
    assert world.score(transaction_id="tx-2")[0] == 200


def test_a_decision_that_cannot_be_kept_is_not_answered_and_the_log_says_why(world):
    class Broken:
        def transact_write_items(self, **_: Any) -> None:
            raise client_error("ProvisionedThroughputExceededException")

        def get_item(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    log = StringIO()
    decisions, recorder = Decisions(Broken(), TABLE), replace(world.scoring.recorder, table=Broken())
    world.scoring = replace(
        world.scoring, decisions=decisions, recorder=recorder, logger=Logger(service="keeping", stream=log)
    )
    status, answer, headers = world.score()
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
    assert world.call(sample_event("score-get-decision"))[0] == 503
    assert "ProvisionedThroughputExceededException" in log.getvalue() and "Read timeout" in log.getvalue()


def test_a_decision_can_be_read_again_with_what_it_was_made_on(world):
    _, decided, _ = world.score()
    status, found, _ = world.call(sample_event("score-get-decision"))
    assert status == 200
    assert {name: found[name] for name in decided} == decided
    assert found["transaction"]["amount"] == 22.92 and found["features"]["hour"] == 14.0
    assert found["decided_at"] == "2026-11-23T15:00:00.000+00:00"


def test_an_unknown_decision_is_404(world):
    status, answer, _ = world.call(sample_event("score-get-unknown-decision"))
    assert (status, answer["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["50%25%20off", "50% off"], ids=["encoded", "decoded"])
def test_an_id_with_a_percent_sign_is_found_in_either_form_of_the_path(world, name):
    world.score(transaction_id="50% off")
    assert world.find(name)[0] == 200


@pytest.mark.parametrize("name", ["x" * 3000, "\udcff", "a\nb", "ü"])
def test_an_id_that_no_decision_can_have_is_404_and_not_looked_up(world, name):
    world.scoring = replace(world.scoring, decisions=None)  # whoever asks it fails
    status, answer, _ = world.find(name)
    assert (status, answer["error"]["code"]) == (404, "not_found")


def test_the_model_says_what_serves_and_what_it_has_learned_from(world):
    trained = contract(SECOND, trained_until="2026-11-16T23:59:12+00:00")
    world.serve(trained, metrics=EVALUATION["metrics"], trained_on=SHIPPED, judged_on=HOLD_OUT)
    status, answer, _ = world.call(sample_event("score-get-model"))
    assert status == 200
    assert answer == {
        "model": SECOND,
        "since": "2026-11-23T15:00:00+00:00",
        "endpoint": "fraud-endpoint",
        "trained_until": "2026-11-16T23:59:12+00:00",
        "trained_on": SHIPPED,
        "judged_on": HOLD_OUT,
        "metrics": EVALUATION["metrics"],
        "thresholds": {"review": 0.05, "block": 0.5},
        "features": list(trained.features),
    }


def test_a_model_that_went_live_before_this_was_told_serves_on(world):
    status, answer, _ = world.call(sample_event("score-get-model"))
    assert (status, answer["model"], answer["metrics"]) == (200, FIRST, {})
    assert (answer["trained_until"], answer["trained_on"], answer["judged_on"]) == (None, None, None)


def test_health_says_that_scoring_can_answer(world):
    assert world.call(sample_event("score-get-health"))[:2] == (200, {"status": "ok", "model": FIRST})


def test_an_unknown_path_is_404_in_the_same_form(world):
    status, body, headers = world.answer(sample_event("score-get-model") | {"resource": "/models"})
    assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")
    assert headers["x-request-id"] == sample_event("score-get-model")["requestContext"]["requestId"]


def test_nothing_of_a_body_gets_into_the_log(world):
    log = StringIO()
    world.scoring = replace(world.scoring, logger=Logger(service="scoring", stream=log))
    world.score(email="secret-name@example.net", card_id="4929-secret")
    world.score(email="secret-name", transaction_id="tx-2")
    world.endpoint.fails = [client_error("ServiceUnavailable")]
    world.score(card_id="4929-secret", transaction_id="tx-3")
    assert "ServiceUnavailable" in log.getvalue() and "secret" not in log.getvalue()


def test_the_id_of_an_answer_finds_its_lines_in_the_log(world):
    event = sample_event("score-valid")
    event["requestContext"]["requestId"] = "another"
    _, _, headers = world.call(event)
    assert (headers["x-request-id"], logger.get_correlation_id()) == ("another", "another")
