"""The features of whole tables equal those of one event after the other, value by value."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.training import lookback
from tests.model.lookback import DELAYS, HISTORIES, replay, schema, streams, table


@settings(max_examples=200)
@given(streams(), st.sampled_from(HISTORIES), st.sampled_from(DELAYS))
def test_a_table_reads_the_same_past_as_its_events_one_by_one(events, history, delay):
    rules = schema(history, delay)
    expected, _ = replay(rules, events)
    found = lookback.features(rules.history_plan, table(rules, events))
    names = rules.history_plan.names
    for row, values in zip(found, expected, strict=True):
        one_by_one = np.array([values[name] for name in names], dtype=np.float32)  # None becomes NaN
        np.testing.assert_array_equal(row, one_by_one, err_msg=str(names))


@settings(max_examples=200)
@given(streams(), st.sampled_from(HISTORIES), st.sampled_from(DELAYS))
def test_a_table_leaves_the_same_states_as_its_events_one_by_one(events, history, delay):
    rules = schema(history, delay)
    _, expected = replay(rules, events)
    found = dict(lookback.states(rules.history_plan, table(rules, events)))
    assert found == expected
