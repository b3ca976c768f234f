"""The API's description, the template and the functions' bounds say the same."""

import json
from typing import Any

import pytest

from functions.aws import clients
from functions.openapi.refusals import REFUSALS
from functions.rest import body
from functions.score import batch, lookup
from tests.contract import template
from tests.functions.description import described, validator

API = template.properties("Api")


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_path_of_the_template_is_described_and_no_other():
    assert set(operations()) == template.routes("score") | template.routes("label") | template.routes("lists")


def test_what_needs_no_key_says_so_and_is_called_seldom():
    assert API["Auth"]["ApiKeyRequired"] is True
    events = [event for name in ("score", "label", "lists") for event in template.function(name)["Events"].values()]
    for event in (event["Properties"] for event in events if event["Type"] == "Api"):
        needs_key = event.get("Auth") != {"ApiKeyRequired": False}
        operation = operations()[event["Method"], event["Path"]]
        assert (operation.get("security") == []) == (not needs_key) == ("403" not in operation["responses"])
        if not needs_key:
            (limits,) = [one for one in API["MethodSettings"] if one["ResourcePath"] == setting(event["Path"])]
            assert limits["ThrottlingRateLimit"] <= 5


def setting(path: str) -> str:
    """As API Gateway writes a path in a stage's settings."""
    return "/" + path.replace("/", "~1")


def test_a_batch_has_limits_of_its_own():
    (limits,) = [one for one in API["MethodSettings"] if one["ResourcePath"] == setting("/score/batch")]
    assert (limits["HttpMethod"], limits["ThrottlingRateLimit"]) == ("POST", {"Ref": "ApiBatchRateLimit"})
    assert limits["DataTraceEnabled"] is False


@pytest.mark.parametrize("kind", API["GatewayResponses"])
def test_an_answer_of_the_gateway_itself_is_one_that_the_description_knows(kind):
    response = API["GatewayResponses"][kind]
    (text,) = response["ResponseTemplates"].values()
    status = response.get("StatusCode", 400)
    media = described()["components"]["responses"][REFUSALS[status].name]["content"]["application/json"]
    for one in text["Fn::If"][1:] if isinstance(text, dict) else [text]:
        answer = json.loads(one.replace("$context.error.messageString", '"words"'))
        assert answer["error"]["code"] in REFUSALS[status].codes
        validator(media["schema"]).validate(answer)
    headers = response["ResponseParameters"]["Headers"]
    assert headers["x-request-id"] == "context.requestId" and headers["Cache-Control"] == "'no-store'"
    assert ("Retry-After" in headers) == (kind in ("DEFAULT_5XX", "THROTTLED"))


def test_the_bounds_of_a_body_are_those_that_are_described():
    told = {path: operation["description"] for (_, path), operation in operations().items()}
    assert str(body.LARGEST) in told["/score"] and str(body.LARGEST) in told["/labels"]
    assert str(body.LARGEST_BATCH) in told["/score/batch"]


def test_the_transactions_of_a_batch_find_a_connection_each():
    assert clients.SCORING_TABLE.max_pool_connections == batch.AT_ONCE + lookup.MOST_AT_ONCE
    assert clients.RECORDING_TABLE.max_pool_connections >= batch.AT_ONCE
    assert clients.endpoint_config(0.8).max_pool_connections >= batch.AT_ONCE


def test_a_batch_is_answered_before_its_function_ends():
    assert template.function("score")["Timeout"] > batch.ANSWERED_AFTER + 2
