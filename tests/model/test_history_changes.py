"""What events do to stored states, whatever the order they come in, and how two memories become one."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from model import history
from model.history import Change, State
from model.transaction import Transaction
from tests.model.pasts import DAY, HOUR, START, Memory, event, shop

SCHEMA = shop()
PLAN = SCHEMA.history_plan
WITHIN_MEMORY = timedelta(microseconds=PLAN.memory)
cards = st.sampled_from(["a", "b", None])
tills = st.sampled_from(["t", "u", None])
amounts = st.one_of(st.none(), st.floats(-1e15, 1e15), st.sampled_from([0.0, 9.99, 1e-5]))
gaps = st.sampled_from([0, 1, 61, 299, 300, 3_600, 5_000, 86_400, 400_000]).map(lambda s: timedelta(seconds=s))


@st.composite
def streams(draw: st.DrawFn) -> list[Transaction]:
    """Events in order of time, ties and gaps among them, none so long that anything is forgotten."""
    after, events = timedelta(0), []
    for _ in range(draw(st.integers(1, 12))):
        after += draw(gaps)
        events.append(event(after, draw(cards), draw(tills), draw(amounts)))
    return [one for one in events if one.timestamp - START < WITHIN_MEMORY]


def settled(state: State) -> State:
    """What an event at the newest moment, or later, could still read; a counter of nothing is none."""
    within = PLAN.reach(state["last"])
    return {name: value for name, value in state.items() if value and (name in within or name in ("first", "last"))}


def in_order(events: list[Transaction]) -> dict[str, State]:
    memory = Memory(PLAN)
    memory.observe(*events)
    return {key: settled(state) for key, state in memory.states.items()}


@given(st.data(), streams())
def test_events_may_arrive_in_any_order(data, events):
    assert in_order(data.draw(st.permutations(events))) == in_order(events)


@dataclass
class Machine:
    """One of several machines that write to a store: its change was made from what was read some time before."""

    states: dict[str, State]  # the store
    transaction: Transaction
    field: str

    def __post_init__(self) -> None:
        self.key = history.keys(PLAN, self.transaction)[self.field]
        self.change = self.observed()

    def observed(self) -> Change:
        return history.observe(PLAN, self.transaction, {self.field: self.states.get(self.key, {})})[self.field]

    def write(self) -> None:
        """A store refuses what came too late; then the machine looks again."""
        last, newer_than = self.states.get(self.key, {}).get("last", -1), self.change.newer_than
        change = self.observed() if newer_than is not None and last >= newer_than else self.change
        self.states[self.key] = history.apply(self.states.get(self.key, {}), change)


@given(st.data(), streams())
def test_events_of_the_same_moment_on_two_machines_lose_nothing(data, events):
    known = [event(timedelta(0), card, till) for card in "ab" for till in "tu"]
    start = Memory(PLAN)
    start.observe(*known)
    waiting: list[Machine] = []
    for one in events:
        waiting += [Machine(start.states, one, field) for field in history.keys(PLAN, one)]
        while waiting and data.draw(st.booleans()):
            waiting.pop(data.draw(st.integers(0, len(waiting) - 1))).write()
    for machine in waiting:
        machine.write()
    assert {key: settled(state) for key, state in start.states.items()} == in_order([*known, *events])


def test_a_newer_event_asks_that_none_newer_was_stored():
    memory = Memory(PLAN)
    assert memory.observe(event(HOUR))["card_id"].newer_than is not None
    assert memory.observe(event(HOUR))["card_id"].newer_than is None
    late = memory.observe(event(0 * HOUR))["card_id"]
    assert (late.newer_than, list(late.put)) == (None, ["first"])


def test_a_late_event_adds_nothing_to_what_is_out_of_reach():
    memory = Memory(PLAN)
    memory.observe(event(20 * DAY))
    change = memory.observe(event(10 * DAY))["card_id"]
    assert sorted(name[:2] for name in change.add) == ["d" + next(n for n in change.add if n[0] == "d")[1], "n3"]


def test_what_is_out_of_reach_is_dropped():
    memory = Memory(PLAN)
    memory.observe(event(0 * HOUR, amount=5))
    change = memory.observe(event(10 * DAY, amount=5))["card_id"]
    assert {name[:2] for name in change.drop} == {"n0", "n1", "n2", "s0", "s1", "s2", "m0", "m1", "m2"}
    assert not set(change.drop) & (change.add.keys() | change.put.keys())


def test_fraud_has_a_share_and_an_amount_once_the_delay_is_over_and_its_bucket_complete():
    memory = Memory(PLAN)
    fraud = event(HOUR, amount=5)
    memory.observe(fraud, event(HOUR))
    memory.judge(fraud)
    before, after = (memory.read(event(3 * DAY + late)) for late in (-timedelta(microseconds=1), timedelta(0)))
    assert (before["card_risk_1d"], before["card_fraud_amount_30d"]) == (None, None)
    assert (after["card_risk_1d"], after["card_risk_30d"], after["card_fraud_amount_30d"]) == (0.5, 0.5, 5)
    assert memory.read(event(33 * DAY))["card_fraud_amount_30d"] is None


def test_how_many_frauds_there_were_and_how_long_ago_is_told_once_the_delay_and_their_slots_are_over():
    memory = Memory(PLAN)
    frauds = [event(after) for after in (HOUR, 25 * HOUR, 28 * HOUR)]
    memory.observe(*frauds)
    for fraud in frauds:
        memory.judge(fraud)
    early, late = (memory.read(event(2 * DAY + after)) for after in (3 * HOUR - timedelta(microseconds=1), 3 * HOUR))
    assert early["card_seconds_since_fraud"] is None
    assert late["card_seconds_since_fraud"] == late["card_seconds_since_first_fraud"] == 2 * 24 * 3600
    assert (early["card_frauds_30d"], late["card_frauds_30d"]) == (0, 1)
    found = memory.read(event(10 * DAY))
    assert found["card_seconds_since_fraud"] == (9 * 24 - 6) * 3600
    assert found["card_seconds_since_first_fraud"] == (10 * 24 - 3) * 3600
    assert memory.read(event(33 * DAY))["card_seconds_since_first_fraud"] == (32 * 24 - 3) * 3600
    assert memory.read(event(34 * DAY))["card_seconds_since_fraud"] is None
    assert [memory.read(event(days * DAY))["card_frauds_30d"] for days in (10, 33, 34)] == [3, 2, 0]


def test_a_label_that_is_taken_back_leaves_nothing():
    memory = Memory(PLAN)
    fraud = event(HOUR, till="t")
    memory.observe(fraud)
    before = dict(memory.states)
    memory.judge(fraud, 1)
    memory.judge(fraud, -1)
    assert {key: settled(state) for key, state in memory.states.items()} == {
        key: settled(state) for key, state in before.items()
    }


@given(streams(), st.integers(0, 12))
def test_merging_twice_is_merging_once(events, split):
    known, live = Memory(PLAN), Memory(PLAN)
    known.observe(*events[: split + 2])
    live.observe(*events[split:])
    for key, state in known.states.items():
        once = history.apply(live.states.get(key, {}), history.merge(PLAN, state, live.states.get(key, {})))
        again = history.merge(PLAN, state, once)
        assert again == Change()


@given(streams())
def test_merging_into_nothing_gives_what_was_known(events):
    for state in in_order(events).values():
        assert history.apply({}, history.merge(PLAN, state, {})) == state


@given(streams(), st.integers(0, 12))
def test_live_scoring_that_saw_the_end_again_ends_up_with_all(events, split):
    whole, live = Memory(PLAN), Memory(PLAN)
    whole.observe(*events)
    live.observe(*events[split:])
    for key, state in whole.states.items():
        before = live.states.get(key, {})
        assert settled(history.apply(before, history.merge(PLAN, state, before))) == settled(state)


def test_training_data_that_ended_long_before_the_first_live_event_are_forgotten():
    known, live = Memory(PLAN), Memory(PLAN)
    known.observe(event(0 * DAY))
    live.observe(event(WITHIN_MEMORY + DAY))
    (state,), (before,) = known.states.values(), live.states.values()
    assert history.merge(PLAN, state, before) == Change()
    change = history.merge(PLAN, before, state)
    assert change.put == {"first": before["first"], "last": before["last"]}
    assert settled(history.apply(state, change)) == before


def test_an_event_observed_during_a_merge_is_kept():
    known, live = Memory(PLAN), Memory(PLAN)
    known.observe(event(0 * HOUR), event(HOUR))
    live.observe(event(12 * HOUR))
    (state,), (before,) = known.states.values(), live.states.values()
    change = history.merge(PLAN, state, before)
    live.observe(event(12 * HOUR))
    (after,) = live.states.values()
    live.states = dict.fromkeys(live.states, history.apply(after, change))
    assert live.read(event(12 * HOUR))["card_count_1d"] == 4
