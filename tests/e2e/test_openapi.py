"""The API describes itself, and what the description shows works as it is shown; many transactions at once."""

from typing import Any

import openapi_spec_validator
import pytest
import requests
from jsonschema import Draft202012Validator

from .stack import Stack

Transactions = list[dict[str, Any]]


@pytest.fixture(scope="module")
def document(stack: Stack) -> dict[str, Any]:
    response = stack.get("/openapi.json")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def is_described(document: dict[str, Any], path: str, response: requests.Response) -> bool:
    """Status, headers and body are those that the document tells of the path."""
    method = str(response.request.method).lower()
    told = document["paths"][path][method]["responses"][str(response.status_code)]
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    ((kind, media),) = told["content"].items()
    assert response.headers["Content-Type"].startswith(kind) and response.headers["x-request-id"]
    assert response.headers["Cache-Control"] == "no-store"
    if kind == "application/json":
        schema = media["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(response.json())
    return True


def requests_shown(document: dict[str, Any], path: str) -> list[Any]:
    (media,) = document["paths"][path]["post"]["requestBody"]["content"].values()
    return [example["value"] for example in media["examples"].values()]


def test_it_is_a_valid_document_of_the_model_that_serves(stack: Stack, document: dict[str, Any]) -> None:
    openapi_spec_validator.validate(document)
    assert stack.live()["model"] in document["info"]["description"]


def test_every_request_that_it_shows_is_answered_with_200_as_it_tells(stack: Stack, document: dict[str, Any]) -> None:
    for path in ("/score", "/score/batch", "/labels"):
        for shown in requests_shown(document, path):
            response = stack.post(path, json=shown)
            assert response.status_code == 200, response.text
            assert is_described(document, path, response)
    decision = document["paths"]["/decisions/{transaction_id}"]["get"]["parameters"][0]["example"]
    for path in ("/model", "/health", "/openapi.json", "/docs"):
        assert is_described(document, path, stack.get(path))
    kept = stack.get(f"/decisions/{decision}")
    assert kept.json()["label"] == "legit" and is_described(document, "/decisions/{transaction_id}", kept)


def test_every_refusal_is_one_that_it_tells_of(
    stack: Stack, document: dict[str, Any], transactions: Transactions
) -> None:
    good = transactions[0]
    stack.post("/score", json=good)
    refused = {
        403: stack.post("/score", json=good, headers={"x-api-key": "wrong"}),
        409: stack.post("/score", json=good | {"amount": 1.23}),
        422: stack.post("/score", json=good | {"colour": "red"}),
        400: stack.post("/score", data=b"[1, 2]", headers={"content-type": "application/json"}),
    }
    for status, response in refused.items():
        assert response.status_code == status, response.text
        assert is_described(document, "/score", response)
    assert is_described(document, "/decisions/{transaction_id}", stack.get("/decisions/nobody"))
    nowhere = stack.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "not_found")
    assert nowhere.headers["x-request-id"]


def test_health_is_told_to_those_who_have_no_key_and_nothing_else_is(stack: Stack, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            response = requests.request(method, f"{stack.api_url}{path}", json={}, timeout=30)
            assert response.status_code == (200 if operation.get("security") == [] else 403), path


def test_the_page_for_people_needs_nothing_from_outside(stack: Stack) -> None:
    page = stack.get("/docs")
    assert page.status_code == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "POST /score/batch" in page.text and "<script" not in page.text and "//" not in page.text


def test_the_model_tells_what_it_was_trained_on(stack: Stack) -> None:
    told = stack.get("/model").json()
    data = stack.read_json(f"runs/{told['model']}/evaluation.json")["data"]
    assert told["trained_on"] == data["shipped"] and told["judged_on"] == data["parts"]["hold_out"]
    assert told["trained_until"][:19] == data["shipped"]["to"][:19]
    assert 0 < told["metrics"]["average_precision"] <= 1


def decided(stack: Stack, transactions: Transactions) -> list[dict[str, Any]]:
    """What a machine that is busy with other things leaves open is sent again, as any caller would."""
    for _ in range(5):
        response = stack.post("/score/batch", json={"transactions": transactions})
        assert response.status_code == 200, response.text
        decisions: list[dict[str, Any]] = response.json()["decisions"]
        if all("outcome" in one for one in decisions):
            return decisions
        assert {one["error"]["code"] for one in decisions if "error" in one} == {"unavailable"}, decisions
    raise AssertionError("five batches did not suffice")


def test_a_batch_of_a_hundred_is_decided_in_order_and_kept(stack: Stack, transactions: Transactions) -> None:
    hundred = transactions[:100]
    decisions = decided(stack, hundred)
    assert [one["transaction_id"] for one in decisions] == [one["transaction_id"] for one in hundred]
    assert decided(stack, hundred) == decisions
    assert stack.post("/score", json=hundred[50]).json() == decisions[50]


def test_a_hundred_payments_of_one_card_are_decided_in_turn(stack: Stack, transactions: Transactions) -> None:
    card = {"card_id": transactions[0]["transaction_id"]}  # one that nobody knows yet
    same = [transactions[0] | card | {"transaction_id": one["transaction_id"]} for one in transactions[:100]]
    decisions = decided(stack, same)
    counts = [
        stack.get(f"/decisions/{decisions[place]['transaction_id']}").json()["features"]["card_count_1h"]
        for place in (0, 50, 99)
    ]
    assert counts == [0, 50, 99]


def test_a_wrong_transaction_does_not_spoil_a_batch(
    stack: Stack, document: dict[str, Any], transactions: Transactions
) -> None:
    first, second, third = transactions[:3]
    mixed = [first, second | {"amount": -1}, 7, third, first, first | {"amount": 1.23}]
    response = stack.post("/score/batch", json={"transactions": mixed})
    assert response.status_code == 200 and is_described(document, "/score/batch", response)
    decisions = response.json()["decisions"]
    assert [one.get("error", {}).get("code") for one in decisions] == [
        None, "invalid_field", "invalid_field", None, None, "other_content",
    ]  # fmt: skip
    assert [one["error"]["field"] for one in decisions if "error" in one] == [
        "transactions[1].amount", "transactions[2]", "transactions[5].transaction_id",
    ]  # fmt: skip
    assert decisions[4] == decisions[0]
    for broken in ({"transactions": []}, {"transactions": [first] * 101}, first):
        refused = stack.post("/score/batch", json=broken)
        assert refused.status_code == 422 and is_described(document, "/score/batch", refused)
