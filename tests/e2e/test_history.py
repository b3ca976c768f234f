"""The history of entities on a running stack: what scoring counts is what the kept decisions say, each event once."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from model.contract import Contract

from .replay import replayed, states
from .stack import Stack

ENTITIES = ("customer_id", "card_id", "terminal_id")


@pytest.fixture(scope="module")
def contract(stack: Stack) -> Contract:
    return Contract.from_json(stack.read_object(f"runs/{stack.live()['model']}/contract.json"))


@pytest.fixture
def mine(transactions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Transactions of the last hour among a few entities that only this test knows."""
    chance, start = random.Random(7), datetime.now(UTC) - timedelta(hours=2)
    mark = os.urandom(3).hex()
    return [
        transaction
        | {name: f"{name}-{mark}-{chance.randrange(6)}" for name in ENTITIES}
        | {"email": f"{mark}{chance.randrange(6)}@example.net", "ip_address": f"10.9.{int(mark[:2], 16)}.{number % 9}"}
        | {"timestamp": (start + timedelta(seconds=chance.randrange(3000))).isoformat(timespec="milliseconds")}
        for number, transaction in enumerate(transactions)
    ]


def test_a_decision_shows_what_the_customer_did_before(stack: Stack, mine: list[dict[str, Any]]) -> None:
    first = mine[0] | {"amount": 100.0}
    later = datetime.fromisoformat(first["timestamp"]) + timedelta(minutes=10)
    second = first | {
        "transaction_id": f"{first['transaction_id']}-2", "timestamp": later.isoformat(), "amount": 50.0
    }  # fmt: skip
    seen = []
    for transaction in (first, second):
        assert stack.post("/score", json=transaction).status_code == 200
        seen.append(stack.get(f"/decisions/{transaction['transaction_id']}").json()["features"])
    assert [features["customer_count_1d"] for features in seen] == [0, 1]
    assert [features["customer_seconds_since_last"] for features in seen] == [None, 600]
    assert [features["amount_vs_customer_mean_1d"] for features in seen] == [None, 0.5]
    assert [features["customer_new_terminal"] for features in seen] == [1, 0]


def test_the_history_equals_a_replay_of_the_decisions_however_requests_arrive(
    stack: Stack, mine: list[dict[str, Any]], contract: Contract
) -> None:
    """Each transaction is sent three times, over eight connections, and all of them share a few entities."""
    sent = [transaction for transaction in mine for _ in range(3)]
    random.Random(8).shuffle(sent)
    sent = mine[:30] + [transaction for transaction in mine[:30] for _ in range(2)] + sent

    def score(share: list[dict[str, Any]]) -> list[tuple[int, str]]:
        with requests.Session() as session:
            session.headers["x-api-key"] = stack.api_key
            answers = [session.post(f"{stack.api_url}/score", json=one, timeout=30) for one in share]
        return [(answer.status_code, answer.text) for answer in answers]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for part in pool.map(score, [sent[n::8] for n in range(8)]) for answer in part]
    assert {status for status, _ in answers} == {200}
    assert len(set(answers)) == len(mine), "an id got two answers"
    decisions = [stack.get(f"/decisions/{transaction['transaction_id']}").json() for transaction in mine]
    expected = replayed(contract, decisions)
    assert len(expected) >= 5 * 5
    assert states(stack, set(expected)) == expected
