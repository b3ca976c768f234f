"""A stack whose schema calls cards and addresses sensitive: scored as ever, kept under other names, and forgotten."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from .conftest import SENSITIVE, in_time_order
from .stack import Stack, wait_for

Transactions = list[dict[str, Any]]


@pytest.fixture(scope="module")
def stack(sensitive_stack: Stack) -> Stack:
    return sensitive_stack


def test_a_card_that_the_training_files_know_is_known_at_its_first_payment(
    stack: Stack, sensitive_files: list[Path], transactions: Transactions
) -> None:
    """What training left under digests lies under the keys that scoring makes of the value."""
    rows = in_time_order(sensitive_files)
    card = rows["card_id"].value_counts().index[0]
    of_card = rows[rows["card_id"] == card]
    moment = (of_card["timestamp"].iloc[-1] + pd.Timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    known = transactions[0] | {"card_id": card, "timestamp": moment}
    assert stack.post("/score", json=known).status_code == 200
    features = stack.get(f"/decisions/{transactions[0]['transaction_id']}").json()["features"]
    assert features["card_seconds_known"] > pd.Timedelta(days=1).total_seconds()
    assert features["card_count_30d"] > 1


def test_no_table_no_file_of_decisions_no_answer_and_no_log_shows_a_sensitive_value(
    stack: Stack, transactions: Transactions
) -> None:
    mark, since = os.urandom(4).hex(), int(time.time() * 1000)
    secret = {"card_id": f"4929{mark}", "email": f"jo.{mark}@{mark}.example", "ip_address": "203.0.113.77"}
    answers = [
        stack.post("/score", json=transactions[1] | secret),
        stack.post("/lists", json={"field": "card_id", "value": secret["card_id"], "list": "deny"}),
        stack.get(f"/decisions/{transactions[1]['transaction_id']}"),
        stack.post("/score/batch", json={"transactions": [transactions[2] | secret]}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    kept = answers[2].json()["transaction"]
    assert all(kept[name].startswith("hidden-") for name in SENSITIVE)
    assert stack.post("/score", json=transactions[1] | secret).json() == answers[0].json()
    assert stack.post("/score", json=transactions[1] | secret | {"card_id": "other"}).status_code == 409

    name = transactions[2]["transaction_id"]
    lines = wait_for("the decision in the log", lambda: logged(stack, name), 60)
    table = stack.client("dynamodb")
    names = [stack.outputs[f"{kind}TableName"] for kind in ("Decisions", "History", "Lists")]
    rows = [page["Items"] for one in names for page in table.get_paginator("scan").paginate(TableName=one)]
    events = list(stack.logged_lines(since))
    everything = json.dumps([[answer.text for answer in answers], lines, rows, events]).lower()
    assert name in everything and any("REPORT RequestId" in event for event in events)
    assert [value for value in (secret["card_id"], f"{mark}.example", "203.0.113") if value in everything] == []


def logged(stack: Stack, name: str) -> list[dict[str, Any]] | None:
    lines = stack.logged_decisions()
    return lines if any(line["transaction_id"] == name for line in lines) else None


def forget(stack: Stack, **request: Any) -> dict[str, Any]:
    """As the documents show it with the AWS CLI."""
    invoked = stack.client("lambda").invoke(FunctionName=f"{stack.stack_name}-forget", Payload=json.dumps(request))
    answer: dict[str, Any] = json.loads(invoked["Payload"].read())
    assert "FunctionError" not in invoked, answer
    return answer


def test_a_card_is_forgotten_and_met_as_a_stranger(stack: Stack, transactions: Transactions) -> None:
    card = {"card_id": f"card-{os.urandom(4).hex()}"}
    first, second, third, other = transactions[3:7]
    for payment in (first | card, second | card, other):
        assert stack.post("/score", json=payment).status_code == 200
    assert stack.post("/lists", json={"field": "card_id", "value": card["card_id"], "list": "deny"}).status_code == 200

    told = forget(stack, field="card_id", value=card["card_id"])
    assert told["deleted"] == {"history": 1, "lists": 1, "decisions": 2} and told["done"]
    assert told["logged_as"].startswith("hidden-")
    assert stack.get(f"/decisions/{first['transaction_id']}").status_code == 404
    assert stack.get(f"/decisions/{other['transaction_id']}").status_code == 200
    assert forget(stack, field="card_id", value=card["card_id"])["deleted"]["decisions"] == 0

    stack.post("/score", json=third | card)
    kept = stack.get(f"/decisions/{third['transaction_id']}").json()
    assert kept["features"]["card_seconds_since_last"] is None and "lists" not in kept
    assert "error" in forget(stack, field="amount", value=1)
