"""Small schemas with a history, streams of their events, and a plain memory to keep the states in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from model import history
from model.history import Change, State
from model.schema import Schema
from model.transaction import Transaction
from model.windows import Plan
from tests.model.conftest import small

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday, 20,514 days after 1970
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def shop(**changes: object) -> Schema:
    """Cards at tills, with an amount that may be missing."""
    fields = {
        "card_id": {"role": "entity", "required": True},
        "till_id": {"role": "entity"},
        "amount": {"role": "amount"},
    }
    return Schema.from_dict(small(label_delay="2d", fields=fields) | changes)


def event(
    after: timedelta, card: str | None = "c", till: str | None = None, amount: float | None = None
) -> Transaction:
    return Transaction("t", START + after, {"card_id": card, "till_id": till, "amount": amount})


class Memory:
    """The store of states, as one machine sees it that does everything in order."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.states: dict[str, State] = {}

    def of(self, transaction: Transaction) -> dict[str, State]:
        keys = history.keys(self.plan, transaction)
        return {field: self.states[key] for field, key in keys.items() if key in self.states}

    def read(self, transaction: Transaction) -> dict[str, float | None]:
        return history.read(self.plan, transaction, self.of(transaction))

    def observe(self, *transactions: Transaction) -> dict[str, Change]:
        changes: dict[str, Change] = {}
        for transaction in transactions:
            changes = history.observe(self.plan, transaction, self.of(transaction))
            self.change(transaction, changes)
        return changes

    def judge(self, transaction: Transaction, frauds: int = 1) -> None:
        change = history.judge(self.plan, transaction, frauds)
        self.change(transaction, dict.fromkeys(history.keys(self.plan, transaction), change))

    def change(self, transaction: Transaction, changes: dict[str, Change]) -> None:
        for field, key in history.keys(self.plan, transaction).items():
            self.states[key] = history.apply(self.states.get(key, {}), changes[field])


def bytes_of(key: str, state: State) -> int:
    """The size of the stored item by DynamoDB's published rules."""
    parts = [len("entity") + len(key.encode()), len("expires_at") + 6, len("loaded") + 8]
    for name, value in state.items():
        numbers: Iterable[int] = value if isinstance(value, frozenset) else [value]
        parts.append(len(name.encode()))
        parts += [(len(str(abs(number))) + 1) // 2 + 1 + (number < 0) for number in numbers]
    return sum(parts)
