"""The endpoint goes and comes back, DynamoDB throttles, and another model is deployed, all while sixteen callers score.

STORM_REQUESTS says how many requests at least; a release is tried with 50,000.
"""

import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import requests

from model.contract import Contract

from .replay import replayed, states
from .stack import Stack, wait_for
from .test_failures import start_training
from .test_fallback import no_endpoint
from .throttle import throttled_tables

pytestmark = pytest.mark.usefixtures("alone")
REQUESTS = int(os.environ.get("STORM_REQUESTS", "2000"))
EXPECTED = max(REQUESTS, 5000)  # the deployment may last longer than the requests that are asked for
CALLERS = 16
THROTTLED = 0.03
LONGEST = pytest.mark.timeout(1200 + REQUESTS // 10)
LASTS = 3000  # seconds; less than the shortest window, so that no counter gets out of reach
# Events of each, about: by far fewer than the partners that an entity remembers, for which of more it remembers depends
# on their order.
OF_EACH = {"customer_id": 6, "card_id": 12, "terminal_id": 6}


@dataclass
class Callers:
    """Score new payments among a few hundred entities of their own until they are told that it is enough."""

    stack: Stack
    payments: list[dict[str, Any]]
    mark: str = field(default_factory=lambda: os.urandom(3).hex())
    start: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=2))
    enough: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    numbers: Any = field(default_factory=count)

    def payment(self, number: int) -> dict[str, Any]:
        chance = random.Random(number)
        return (
            self.payments[number % len(self.payments)]
            | {name: f"{self.mark}-{chance.randrange(EXPECTED // events)}" for name, events in OF_EACH.items()}
            | {"email": f"{self.mark}{chance.randrange(300)}@example.net", "ip_address": self.ip_address(chance)}
            | {"timestamp": (self.start + timedelta(seconds=chance.randrange(LASTS))).isoformat()}
            | {"transaction_id": f"{self.mark}-{number}"}
        )

    def ip_address(self, chance: random.Random) -> str:
        return f"10.{int(self.mark[:2], 16)}.{int(self.mark[2:4], 16)}.{chance.randrange(250)}"

    def call(self) -> None:
        with requests.Session() as session:
            session.headers["x-api-key"] = self.stack.api_key
            while len(self.answers) < REQUESTS or not self.enough.is_set():
                payment = self.payment(next(self.numbers))
                answer = session.post(f"{self.stack.api_url}/score", json=payment, timeout=60)
                self.answers[payment["transaction_id"]] = answer.status_code, answer.text

    def wait_for(self, share: float) -> None:
        wait_for(f"{share:.0%} of the requests", lambda: len(self.answers) >= share * REQUESTS, 3600)


@LONGEST
def test_every_request_gets_a_decision_that_is_kept_logged_and_counted_once(
    stack: Stack, transactions: list[dict[str, Any]]
) -> None:
    callers = Callers(stack, transactions)
    with ThreadPoolExecutor(CALLERS) as pool, throttled_tables(stack, THROTTLED) as proxy:
        calls = [pool.submit(callers.call) for _ in range(CALLERS)]
        try:
            callers.wait_for(0.1)
            with no_endpoint(stack):
                callers.wait_for(0.3)
            stack.wait_until_live(start_training(stack), 1200)
        finally:
            callers.enough.set()
        for call in calls:
            call.result()

    refused = {name: answer for name, answer in callers.answers.items() if answer[0] != 200}
    assert not refused, f"{len(refused)} of {len(callers.answers)}, such as {next(iter(refused.items()))}"
    assert proxy.throttled > THROTTLED * len(callers.answers)
    lines = wait_for("the decisions in the log", lambda: all_logged(stack, set(callers.answers)), 300)
    assert Counter(line["transaction_id"] for line in lines).most_common(1)[0][1] == 1
    assert {line["scored_by"] for line in lines} == {"endpoint", "fallback"}
    assert len({line["model"] for line in lines}) == 2
    contract = Contract.from_json(stack.read_object(f"runs/{stack.live()['model']}/contract.json"))
    expected = replayed(contract, lines)
    assert differing(states(stack, set(expected)), expected) == {}


def differing(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Counters by entity: what there is, and what there should be."""
    return {
        key: {name: (found[key].get(name), value) for name, value in state.items() if found[key].get(name) != value}
        for key, state in expected.items()
        if found[key] != state
    }


def all_logged(stack: Stack, names: set[str]) -> list[dict[str, Any]] | None:
    """Firehose may deliver a line twice; such a pair has one event's id."""
    lines = {line["event_id"]: line for line in stack.logged_decisions() if line["transaction_id"] in names}
    return list(lines.values()) if {line["transaction_id"] for line in lines.values()} == names else None


@LONGEST
@pytest.mark.parametrize("pairs", [max(100, REQUESTS // 50)])
def test_two_copies_at_the_same_moment_get_one_decision(
    stack: Stack, transactions: list[dict[str, Any]], pairs: int
) -> None:
    together, callers = threading.Barrier(2), Callers(stack, transactions)

    def copy() -> list[dict[str, Any]]:
        answers = []
        with requests.Session() as session:
            session.headers["x-api-key"] = stack.api_key
            for number in range(pairs):
                together.wait(60)
                answer = session.post(f"{stack.api_url}/score", json=callers.payment(number), timeout=60)
                assert answer.status_code == 200, answer.text
                answers.append(answer.json())
        return answers

    with ThreadPoolExecutor(2) as pool:
        first, second = (call.result() for call in [pool.submit(copy) for _ in range(2)])
    assert first == second
    names = {answer["transaction_id"] for answer in first}
    lines = wait_for("the decisions in the log", lambda: all_logged(stack, names), 120)
    assert len(lines) == pairs
    contract = Contract.from_json(stack.read_object(f"runs/{stack.live()['model']}/contract.json"))
    expected = replayed(contract, lines)
    assert differing(states(stack, set(expected)), expected) == {}
