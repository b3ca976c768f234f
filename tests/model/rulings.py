"""Rules files made of conditions, and the facts of a transaction for them."""

from datetime import UTC, datetime
from typing import Any

from model import features, rules
from model.contract import Contract
from model.decision import decide
from model.rules import Rulebook, Verdict
from model.schema import Schema, load
from model.transaction import Transaction
from model.vocabulary import Facts

SCHEMA = load()
GIVEN = {"amount": 1500.0, "currency": "EUR", "customer_id": "c-1", "card_id": "k-1", "merchant_category": "travel"}


def contract(schema: Schema | None = None) -> Contract:
    schema = schema or SCHEMA
    return Contract("fraud-1", schema, features.names(schema), {}, 0.05, 0.5, ((0.0, 0), (1.0, 1000)))


def file(*conditions: str, outcome: str = "block", **more: str) -> bytes:
    """A rule for each condition: r0, r1 …"""
    lines = ["rules:"]
    for number, when in enumerate(conditions):
        quoted = "'" + when.replace("'", "''") + "'"
        lines += [f"  - name: r{number}", f"    when: {quoted}", f"    outcome: {outcome}"]
        lines += [f"    {key}: {value}" for key, value in more.items()]
    return "\n".join(lines).encode()


def book(content: bytes, of: Contract | None = None) -> Rulebook:
    return rules.read(content).fit(of or contract())


def facts(
    probability: float = 0.01,
    denied: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
    transaction_id: str = "tx-1",
    **values: Any,
) -> Facts:
    given = dict.fromkeys(SCHEMA.by_name) | GIVEN | values
    transaction = Transaction(transaction_id, datetime(2026, 11, 23, 3, 30, tzinfo=UTC), given)
    computed = features.compute(SCHEMA, transaction)
    decision = decide(contract(), transaction_id, probability, computed, None, "endpoint")
    return Facts(SCHEMA, transaction, computed, decision, denied, allowed)


def judge(content: bytes, **what: Any) -> Verdict:
    return book(content).judge(facts(**what))
