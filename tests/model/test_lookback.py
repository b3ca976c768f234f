"""The features of whole tables equal those of one event after the other, value by value, and never know the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.training import lookback
from tests.model.lookback import DELAYS, HISTORIES, MINUTE, Event, replay, schema, streams, table

DAY = 1440 * MINUTE
HISTORY, DELAY = st.sampled_from(HISTORIES), st.sampled_from(DELAYS)
NOBODY = {"amount": 1.0, "fee": 0.0, "customer_id": None, "terminal": None, "mail": None}


def assert_equal_paths(rules, events):
    """Both the features and the states that are left."""
    expected, left = replay(rules, events)
    of_table = table(rules, events)
    names = rules.history_plan.names
    for row, values in zip(lookback.features(rules.history_plan, of_table), expected, strict=True):
        one_by_one = np.array([values[name] for name in names], dtype=np.float32)  # None becomes NaN
        np.testing.assert_array_equal(row, one_by_one, err_msg=str(names))
    assert dict(lookback.states(rules.history_plan, of_table)) == left


@settings(max_examples=100)
@given(streams(), HISTORY, DELAY)
def test_a_table_reads_and_leaves_the_same_past_as_its_events_one_by_one(events, history, delay):
    assert_equal_paths(schema(history, delay), events)


@pytest.mark.parametrize("gap", [DAY // 10, DAY, 20 * DAY])
def test_a_set_of_partners_that_is_full_takes_no_more(gap):
    meet = [*range(20), 0, *range(10, 50), 0, 49, 60, 33, 33, *range(45, 70), 31, 32]
    events = [
        Event(19_000 * DAY + number * gap, NOBODY | {"customer_id": "c", "terminal": f"t{terminal}"})
        for number, terminal in enumerate(meet)
    ]
    assert_equal_paths(schema({}), events)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_to_the_microsecond_an_entity_is_forgotten_and_a_label_too_old(late):
    rules, start = schema({}), 19_000 * DAY
    customer = NOBODY | {"customer_id": "c"}
    forgotten = [Event(start, customer, 1), Event(start + rules.history_plan.memory + late, customer)]
    assert_equal_paths(rules, forgotten)
    last = start + 45 * DAY
    too_old = [Event(start, customer, 1, last + late), Event(start + 20 * DAY, customer), Event(last, customer)]
    assert_equal_paths(rules, too_old)


@pytest.mark.parametrize("seed", range(3))
def test_many_events_of_a_few_are_equal_too(seed):
    """Frauds by the dozen in the same slots, labels late by weeks, terminals shared by all."""
    random = np.random.default_rng(seed)
    moments = 19_000 * DAY + np.cumsum(random.exponential(DAY / 10, 1500).astype(int))
    events = [
        Event(
            int(moment),
            NOBODY
            | {"amount": round(random.lognormal(3), 2), "customer_id": f"c{customer}", "terminal": f"t{terminal}"},
            int(random.random() < 0.3),
            int(moment + random.exponential(20 * DAY)) if late else None,
        )
        for moment, customer, terminal, late in zip(
            moments, random.integers(0, 3, 1500), random.integers(0, 60, 1500), random.random(1500) < 0.5, strict=True
        )
    ]
    assert_equal_paths(schema({}, DELAYS[seed + 1]), events)


def test_an_entity_reads_the_same_among_thousands_as_alone():
    """More rows than are worked on at a time."""
    random = np.random.default_rng(5)
    events = [
        Event(int(moment), NOBODY | {"customer_id": f"c{customer}", "fee": float(customer)}, int(moment % 50 == 0))
        for moment, customer in zip(random.integers(0, 90 * DAY, 30_000), random.integers(0, 300, 30_000), strict=True)
    ]
    rules = schema({})
    whole = table(rules, events)
    among = lookback.features(rules.history_plan, whole)
    for customer in (0, 80, 81, 299):
        rows = np.flatnonzero(whole.values["fee"] == customer)
        np.testing.assert_array_equal(lookback.features(rules.history_plan, whole.take(rows)), among[rows])


@given(streams(), st.randoms())
def test_events_are_in_the_order_of_the_files_however_the_table_has_them(events, random):
    rules = schema({})
    of_table = table(rules, events)
    shuffled = np.array(random.sample(range(len(events)), len(events)))
    for order in (shuffled, np.argsort(of_table.label == -1, kind="stable")):
        found = lookback.features(rules.history_plan, of_table.take(order))
        np.testing.assert_array_equal(found, lookback.features(rules.history_plan, of_table)[order])


@given(streams(), HISTORY, DELAY, st.data())
def test_what_comes_later_never_changes_what_was_read(events, history, delay, data):
    """Neither events nor labels: a label that is known later may as well never be."""
    rules = schema(history, delay)
    plan = rules.history_plan
    events = sorted(events, key=lambda event: event.time)
    end = data.draw(st.integers(1, len(events)))
    now = events[end - 1].time
    by_then = [
        event if (event.time + plan.delay if event.known is None else event.known) <= now else replace(event, label=-1)
        for event in events[:end]
    ]
    then, afterwards = (lookback.features(plan, table(rules, known)) for known in (by_then, events))
    np.testing.assert_array_equal(then, afterwards[:end])


@given(streams(), HISTORY, DELAY, st.data())
def test_an_event_never_sees_its_own_amount_or_label(events, history, delay, data):
    rules = schema(history, delay)
    at = data.draw(st.integers(0, len(events) - 1))
    changed = list(events)
    changed[at] = replace(events[at], label=1 - max(events[at].label, 0), values=events[at].values | {"fee": 77.0})
    before, after = (
        dict(zip(rules.history_plan.names, lookback.features(rules.history_plan, table(rules, some))[at], strict=True))
        for some in (events, changed)
    )
    compared = [name for name in before if not name.startswith("fee_vs_")]
    assert compared
    np.testing.assert_array_equal([before[name] for name in compared], [after[name] for name in compared])
