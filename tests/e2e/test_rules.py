"""Rules that are dropped decide within a minute, bad ones are refused and told, lists block until they expire."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from .stack import Stack, wait_for

FILE = "config/rules.yaml"
A_MINUTE = 120  # seconds; twice as long as promised, for a busy machine


class Caller:
    """Scores one customer's payment again and again, under ids of this test's own."""

    def __init__(self, stack: Stack, payment: dict[str, Any]) -> None:
        self.stack, self.numbers, self.mark = stack, count(), os.urandom(4).hex()
        self.payment = payment | {name: f"{name}-{self.mark}" for name in ("customer_id", "card_id", "terminal_id")}

    def decide(self, prefix: str = "rules") -> dict[str, Any]:
        name = f"{prefix}-{self.mark}-{next(self.numbers)}"
        answer = self.stack.post("/score", json=self.payment | {"transaction_id": name})
        assert answer.status_code == 200, answer.text
        found = dict(self.stack.get(f"/decisions/{name}").json())
        assert found["outcome"] == answer.json()["outcome"]
        return found

    def decide_until(self, what: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        def decided() -> dict[str, Any] | None:
            found = self.decide()
            return found if is_so(found) else None

        return wait_for(what, decided, A_MINUTE)

    def decide_by(self, rule: str) -> dict[str, Any]:
        return self.decide_until(f"a decision by {rule}", lambda found: found.get("rule", {}).get("name") == rule)

    def rules(self, name: str, outcome: str, **more: str) -> bytes:
        """For this caller's terminal only: other tests use the same stack."""
        rule = {"name": name, "when": f"terminal_id == '{self.payment['terminal_id']}'", "outcome": outcome} | more
        return ("rules:\n- {" + ", ".join(f'{key}: "{value}"' for key, value in rule.items()) + "}\n").encode()


@pytest.fixture
def caller(stack: Stack, transactions: list[dict[str, Any]]) -> Iterator[Caller]:
    made = Caller(stack, transactions[0])
    packaged = made.decide()["rules_version"]
    yield made
    stack.s3.delete_object(Bucket=stack.bucket, Key=FILE)
    made.decide_until("the packaged rules", lambda found: found["rules_version"] == packaged)


def test_dropped_rules_decide_within_a_minute_until_they_are_removed(stack: Stack, caller: Caller) -> None:
    before = caller.decide()
    with stack.inbox() as inbox:
        stack.upload(FILE, caller.rules("first", "review"))
        ruled = caller.decide_by("first")
        assert ruled["rules_version"] in inbox.wait_for("Rules in force", "first", seconds=60)
    assert ruled["outcome"] == "review" and ruled["model_outcome"] in ("approve", "review", "block")
    assert ruled["rule"]["values"] == {"terminal_id": caller.payment["terminal_id"]}
    stack.s3.delete_object(Bucket=stack.bucket, Key=FILE)
    again = caller.decide_until("no rule", lambda found: "rule" not in found)
    assert (again["outcome"], again["rules_version"]) == (again["model_outcome"], before["rules_version"])


def test_a_bad_file_is_refused_and_told_and_the_rules_before_it_stay(stack: Stack, caller: Caller) -> None:
    stack.upload(FILE, caller.rules("second", "review"))
    version = caller.decide_by("second")["rules_version"]
    with stack.inbox() as inbox:
        stack.upload(FILE, caller.rules("third", "block").replace(b"terminal_id ==", b"terminal ==") + b"# bad\n")
        told = inbox.wait_for("Rules refused", seconds=60)
    assert "rule third: terminal: expected a field" in told and version in told
    ruled = caller.decide()
    assert (ruled["rule"]["name"], ruled["rules_version"]) == ("second", version)


def test_a_shadow_rule_is_noted_and_decides_nothing(stack: Stack, caller: Caller) -> None:
    stack.upload(FILE, caller.rules("watched", "block", shadow="true"))

    found = caller.decide_until("a shadow rule", lambda found: "shadow_rules" in found)
    assert [rule["name"] for rule in found["shadow_rules"]] == ["watched"]
    assert found["outcome"] == found["model_outcome"] and "rule" not in found


def test_the_deny_list_blocks_at_once_and_until_it_expires(stack: Stack, caller: Caller) -> None:
    entry = {"field": "card_id", "value": caller.payment["card_id"]}
    assert "rule" not in caller.decide()

    assert stack.post("/lists", json=entry | {"list": "deny"}).status_code == 200
    denied = caller.decide()
    assert (denied["outcome"], denied["rule"]["name"]) == ("block", "on-the-deny-list")
    assert denied["lists"] == {"denied": ["card_id"]}

    assert stack.post("/lists", json=entry | {"list": "allow"}).status_code == 200
    assert caller.decide()["rule"]["name"] == "on-the-allow-list"

    soon = (datetime.now(UTC) + timedelta(seconds=8)).isoformat()
    assert stack.post("/lists", json=entry | {"list": "deny", "expires_at": soon}).status_code == 200
    assert caller.decide()["outcome"] == "block"
    assert "rule" not in caller.decide_until("the end of the entry", lambda found: "lists" not in found)

    assert stack.post("/lists", json=entry | {"list": "none"}).status_code == 200


def test_a_bad_entry_is_named(stack: Stack) -> None:
    answer = stack.post("/lists", json={"field": "amount", "value": 5, "list": "deny"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "field")


def test_test_ids_get_their_outcome_leave_no_trace_and_are_marked_in_the_log(stack: Stack, caller: Caller) -> None:
    names = []
    for outcome in ("approve", "review", "block"):
        found = caller.decide(f"test-{outcome}")
        assert (found["outcome"], found["test"]) == (outcome, True)
        names.append(found["transaction_id"])
    assert caller.decide("count")["features"]["customer_count_30d"] == 1  # of the fixture

    def logged() -> list[dict[str, Any]] | None:
        lines = [line for line in stack.logged_decisions() if line["transaction_id"] in names]
        return lines if len({line["transaction_id"] for line in lines}) == 3 else None

    assert all(line["test"] for line in wait_for("test transactions in the log", logged))
