"""Streams of transactions of every awkward kind, and what model/history.py makes of them one event at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from model import history
from model.history_state import State, apply
from model.schema import Schema
from model.training.columns import Texts
from model.training.table import UNLABELLED, Table
from model.transaction import Transaction
from model.windows import Plan
from tests.model.conftest import small

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
FIELDS = {
    "amount": {"role": "amount"},
    "fee": {"role": "amount", "required": True},
    "customer_id": {"role": "entity"},
    "terminal": {"role": "entity"},
    "mail": {"role": "email"},
}
HISTORIES: tuple[dict[str, Any], ...] = (
    {},
    {"windows": ["7m", "1h"], "pairs": [["mail", "terminal"]]},
    {"windows": ["30d"], "amounts": [], "entities": ["terminal", "mail"]},
    {"windows": ["1m", "36h", "3d", "400d"], "pairs": []},
)
DELAYS = ("0d", "90m", "36h", "7d")


@dataclass(frozen=True)
class Event:
    time: int
    values: dict[str, Any]
    label: int = UNLABELLED
    known: int | None = None  # None: after the usual delay

    def transaction(self) -> Transaction:
        return Transaction("t", EPOCH + timedelta(microseconds=self.time), self.values)


def schema(history: dict[str, Any], delay: str = "7d", **changes: Any) -> Schema:
    label = {"column": "fraud", "known_at": "known"}
    return Schema.from_dict(small(fields=FIELDS, history=history, label_delay=delay, label=label) | changes)


AMOUNTS = st.sampled_from([0.0, 1.0, -1.0, 0.00005, 0.1, 1e12, -1e15, 1e15]) | st.floats(-1e15, 1e15)
GAPS = (
    st.just(0)
    | st.integers(0, MINUTE)
    | st.integers(0, 3 * 60 * MINUTE)
    | st.integers(0, 12 * 1440).map(lambda minutes: minutes * MINUTE)  # exactly on the edges of buckets
    | st.integers(0, 90 * 1440 * MINUTE)
)


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    events = []
    moment = draw(st.integers(0, 400 * 1440 * MINUTE) | st.just(0))
    for _ in range(draw(st.integers(1, 40))):
        moment += draw(GAPS)
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 5]))):  # bursts
            values = {
                "amount": draw(st.none() | AMOUNTS),
                "fee": draw(AMOUNTS),
                "customer_id": draw(st.sampled_from([None, "c", "d"])),
                "terminal": draw(st.sampled_from([None, *"xyz"])),
                "mail": draw(st.sampled_from([None, "a@b.c", "A@b.C", "o@b.c"])),
            }
            label = draw(st.sampled_from([UNLABELLED, 0, 1, 1]))
            known = draw(st.none() | GAPS.map(lambda gap, at=moment: at + gap) | st.just(0))
            events.append(Event(moment, values, label, known))
    return draw(st.permutations(events)) if draw(st.booleans()) else events


def table(schema: Schema, events: list[Event]) -> Table:
    delay = schema.history_plan.delay
    texts = {field.name: Texts(field.text) for field in schema.fields if not field.numeric}
    columns = {field.name: [event.values[field.name] for event in events] for field in schema.fields}
    values = {
        name: texts[name].codes(pa.array(column, pa.string())) if name in texts else np.array(column, dtype=np.float64)
        for name, column in columns.items()
    }
    size = len(events)
    return Table(
        ("f",),
        np.zeros(size, dtype=np.int32),
        np.arange(size),
        pa.array([f"t{number}" for number in range(size)], pa.large_string()),
        np.array([event.time for event in events]),
        np.array([event.label for event in events], dtype=np.int8),
        np.array([event.time + delay if event.known is None else event.known for event in events]),
        values,
        {name: of.values for name, of in texts.items()},
    )


class Replay:
    """What live scoring does, without a store: one event after the other."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.states: dict[str, State] = {}

    def states_of(self, transaction: Transaction) -> dict[str, State]:
        keys = history.keys(self.plan, transaction)
        return {field: self.states.get(key, {}) for field, key in keys.items()}

    def observe(self, transaction: Transaction) -> None:
        known, keys = self.states_of(transaction), history.keys(self.plan, transaction)
        for field, change in history.observe(self.plan, transaction, known).items():
            self.states[keys[field]] = apply(known[field], change)

    def judge(self, transaction: Transaction) -> None:
        """The transaction turns out to be fraud."""
        for key in history.keys(self.plan, transaction).values():
            self.states[key] = apply(self.states[key], history.judge(self.plan, transaction, 1))


def replay(schema: Schema, events: list[Event]) -> tuple[list[dict[str, float | None]], dict[str, State]]:
    """What each event reads, in the order of the list, and the states at the end by their keys.

    A label is told when it is known and its event has happened; the last ones after the end."""
    plan = schema.history_plan
    past = Replay(plan)
    read: list[dict[str, float | None]] = [{}] * len(events)
    untold: list[tuple[int, Event]] = []
    for number in sorted(range(len(events)), key=lambda number: events[number].time):
        event = events[number]
        for told in [late for late in untold if late[0] <= event.time]:
            untold.remove(told)
            past.judge(told[1].transaction())
        transaction = event.transaction()
        read[number] = history.read(plan, transaction, past.states_of(transaction))
        past.observe(transaction)
        if event.label == 1:
            untold.append((event.time + plan.delay if event.known is None else event.known, event))
    for _, event in untold:
        past.judge(event.transaction())
    return read, past.states
