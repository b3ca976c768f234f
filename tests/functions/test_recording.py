"""Events scored on what was known a while ago, as happens when many come at once, count as if they came in turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from functions.score.decisions import Decisions, Row
from functions.score.recording import Event, Recorder
from model import history
from model.schema import load
from model.transaction import Transaction
from tests.functions.conftest import HISTORY, TABLE
from tests.functions.test_history import stored

SCHEMA = load()
PLAN = SCHEMA.history_plan
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
NOTHING = dict.fromkeys(SCHEMA.by_name)
EVENT = strategies.tuples(
    strategies.integers(0, 3000),  # seconds
    strategies.sampled_from("ab"),  # the customer
    strategies.sampled_from(["x", "y", None]),  # the terminal
    strategies.integers(0, 3),  # how many events were written between its reading and its writing
)


def transaction(number: int, seconds: int, customer: str, terminal: str | None) -> Transaction:
    given_values = {"customer_id": customer, "terminal_id": terminal, "amount": number + 0.5}
    return Transaction(f"tx-{number}", NOW - timedelta(hours=2) + timedelta(seconds=seconds), NOTHING | given_values)


@pytest.fixture
def recorder(table, history_table) -> Recorder:
    return Recorder(table, Decisions(table, TABLE), HISTORY, lambda: 0.0, lambda _: None)


@given(strategies.lists(EVENT, min_size=1, max_size=6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_reading_and_writing_makes_no_difference(recorder, table, events):
    """Each example has entities and ids of its own, for they share the tables."""
    mark = uuid4().hex
    made = [
        transaction(number, seconds, f"{mark}{customer}", terminal and f"{mark}{terminal}")
        for number, (seconds, customer, terminal, _) in enumerate(events)
    ]
    snapshots, expected, keys = [], {}, [history.keys(PLAN, one) for one in made]
    every_key = {key for some in keys for key in some.values()}
    for number, one in enumerate(made):
        snapshots.append({key: stored(table, key) for key in every_key})
        seen = snapshots[max(0, number - events[number][3])]
        event = Event(PLAN, one, keys[number], {field: seen[key] for field, key in keys[number].items()})
        row = Row({"transaction_id": f"{mark}{one.id}"})
        assert recorder.record(row, event, NOW) == row
        known = {field: expected.get(key, {}) for field, key in keys[number].items()}
        for field, change in history.observe(PLAN, one, known).items():
            expected[keys[number][field]] = history.apply(known[field], change)
    assert {key: stored(table, key) for key in every_key} == expected
    again = replace(event, states={field: {} for field in event.keys})
    recorder.record(row, again, NOW)
    assert {key: stored(table, key) for key in every_key} == expected
