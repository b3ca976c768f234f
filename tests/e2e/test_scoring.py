"""POST /score against a live model: the answer, its durability, and every kind of bad request."""

import base64
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests

from .conftest import in_time_order, training_files
from .stack import Stack, wait_for

Transactions = list[dict[str, Any]]


def test_an_answer_has_score_outcome_reasons_and_model(stack: Stack, transactions: Transactions) -> None:
    response = stack.post("/score", json=transactions[0])

    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["transaction_id"] == transactions[0]["transaction_id"]
    assert 0 <= answer["fraud_probability"] <= 1
    assert answer["score"] in range(1001)
    assert answer["outcome"] in {"approve", "review", "block"}
    assert isinstance(answer["reasons"], list)
    assert answer["model"] == stack.live()["model"]
    assert answer["scored_by"] == "endpoint"


def test_scores_separate_fraud_from_legitimate_payments(stack: Stack, tmp_path: Path) -> None:
    latest = in_time_order(training_files(stack, tmp_path))
    latest["timestamp"] = latest["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")

    def mean_score(label: int) -> float:
        rows = latest[latest["is_fraud"].astype("string").isin([str(label), f"{label}.0"])].tail(25)
        scores = []
        for row in rows.drop(columns="is_fraud").to_dict("records"):
            known = {key: value for key, value in row.items() if not pd.isna(value)}
            answer = stack.post("/score", json=known | {"transaction_id": f"mean-{label}-{row['transaction_id']}"[:64]})
            scores.append(answer.json()["score"])
        return sum(scores) / len(scores)

    assert mean_score(1) > mean_score(0) + 100


def test_a_flagged_transaction_says_why(stack: Stack, transactions: Transactions) -> None:
    answers = [stack.post("/score", json=transaction).json() for transaction in transactions]
    flagged = [answer for answer in answers if answer["outcome"] != "approve"]

    assert flagged, "none of 200 transactions was flagged"
    for reason in flagged[0]["reasons"]:
        assert set(reason) == {"feature", "value", "contribution", "text"}
        assert reason["text"]


def test_the_same_transaction_gets_the_stored_answer_and_other_content_a_conflict(
    stack: Stack, transactions: Transactions
) -> None:
    first = stack.post("/score", json=transactions[0])
    again = stack.post("/score", json=transactions[0])
    other = stack.post("/score", json=transactions[0] | {"amount": 1.23})
    stored = stack.get(f"/decisions/{transactions[0]['transaction_id']}")

    assert again.json() == first.json()
    assert (other.status_code, other.json()["error"]["code"]) == (409, "other_content")
    assert stored.json()["score"] == first.json()["score"]


def test_a_decision_reaches_the_log_in_s3(stack: Stack, transactions: Transactions) -> None:
    answer = stack.post("/score", json=transactions[0]).json()

    def logged() -> dict[str, Any] | None:
        ours = (line for line in stack.logged_decisions() if line["transaction_id"] == answer["transaction_id"])
        return next(ours, None)

    line = wait_for("the decision in the log", logged, 60)
    assert (line["score"], line["outcome"], line["model"]) == (answer["score"], answer["outcome"], answer["model"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "a lot"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": True}, "amount"),
        ({"timestamp": "2026-03-01T12:00:00"}, "timestamp"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"customer_id": "x" * 1000}, "customer_id"),
        ({"colour": "red"}, "colour"),
        ({"transaction_id": ""}, "transaction_id"),
        ({"transaction_id": "e" * 65}, "transaction_id"),
    ],
)
def test_a_bad_field_is_named(stack: Stack, transactions: Transactions, change: dict[str, Any], field: str) -> None:
    response = stack.post("/score", json=transactions[1] | change)

    assert response.status_code == 422, response.text
    assert response.json()["error"]["field"] == field


def test_a_missing_field_is_named(stack: Stack, transactions: Transactions) -> None:
    response = stack.post("/score", json={key: value for key, value in transactions[1].items() if key != "amount"})

    assert (response.status_code, response.json()["error"]["field"]) == (422, "amount")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b"null",
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": 1e999}',
        b"\xff\xfe{}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"transaction_id": "' + b"x" * 100_000 + b'"}',
        base64.b64encode(b"{}"),
    ],
    ids=["empty", "words", "list", "null", "nan", "infinity", "overflow", "bytes", "deep", "large", "base64"],
)
def test_what_is_not_a_json_object_is_refused(stack: Stack, body: bytes) -> None:
    response = stack.post("/score", data=body, headers={"content-type": "application/json"})

    assert response.status_code in {400, 413, 422}, response.text
    assert response.json()["error"]["message"]


def test_a_body_of_10_megabytes_is_refused_and_scoring_goes_on(stack: Stack, transactions: Transactions) -> None:
    body = json.dumps(transactions[2] | {"customer_id": "x" * 10_000_000})

    response = stack.post("/score", data=body, headers={"content-type": "application/json"})

    assert 400 <= response.status_code < 500
    assert stack.post("/score", json=transactions[2]).status_code == 200


@pytest.mark.parametrize("key", [None, "wrong"])
def test_without_the_api_key_nothing_is_answered(stack: Stack, transactions: Transactions, key: str | None) -> None:
    headers = {"x-api-key": key} if key else {}

    response = requests.post(f"{stack.api_url}/score", json=transactions[3], headers=headers, timeout=10)

    assert response.status_code == 403


def test_health_and_model_tell_what_serves(stack: Stack) -> None:
    assert stack.get("/health").status_code == 200
    assert stack.get("/model").json()["model"] == stack.live()["model"]
