"""However much happens to an entity, its item stays small."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from model import history
from model.counters import steps
from model.history_size import LARGEST_ITEM
from model.schema import Schema, SchemaError
from model.transaction import Transaction
from tests.model.conftest import small
from tests.model.pasts import START, bytes_of, shop

MINUTES = st.one_of(st.integers(1, 400 * 1440), st.sampled_from([60, 1440, 7 * 1440, 30 * 1440, 400 * 1440]))


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    entities = [f"e{i}{'ä' * draw(st.integers(0, 90))}" for i in range(draw(st.integers(1, 4)))]
    fields = {name: {"role": "entity"} for name in entities}
    amounts = [f"a{i}" for i in range(draw(st.integers(0, 4)))]
    for name in amounts:
        most = draw(st.sampled_from([1, 1000, 1e6, 1e15]))
        fields[name] = {"role": "amount", "required": draw(st.booleans()), "min": -most, "max": most}
    section = {"windows": [f"{n}m" for n in sorted(draw(st.sets(MINUTES, min_size=1, max_size=6)))], "amounts": amounts}
    delay = f"{draw(st.sampled_from([0, 1, 7, 90, 1000]))}d"
    try:
        return Schema.from_dict(small(label_delay=delay, fields=fields, history=section))
    except SchemaError as error:
        assert "name fewer windows, amounts or pairs" in str(error)
        assume(False)
        raise


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(schemas(), st.integers(0, 2**32))
def test_the_item_of_the_busiest_entity_is_no_larger_than_the_plan_says(schema, seed):
    plan = schema.history_plan
    assert plan.worst_bytes <= LARGEST_ITEM
    newest = START + timedelta(days=10_000)
    within = plan.reach((newest - START.replace(year=1970, month=1, day=1)) // timedelta(microseconds=1))
    state = {"first": 10**15 * 7, "last": 10**15 * 7} | {name: _busiest(plan, name) for name in within}
    for entity in plan.entities:
        mine = {f"p{pair.digit}" for pair in plan.pairs if pair.partner(entity.field)}
        item = {name: value for name, value in state.items() if name[0] != "p" or name[:2] in mine}
        assert bytes_of(f"{plan.id}#{entity.field}#{'0' * 32}", item) <= plan.worst_bytes


def _busiest(plan, name):
    """A thousand events a second, each of the largest amount, and 9,999 frauds in each slot."""
    kind, digit = name[0], name[1]
    if kind == "p":
        return frozenset(range(2**32 - 32, 2**32))
    if kind == "x":
        return 10**32 - 1
    if kind == "y":
        return -79_992 * steps(plan.amounts[0].largest)
    bucket = plan.risk_bucket if kind == "d" else (plan.longest if kind in "uv" else plan.windows[int(digit)]).bucket
    events = bucket // 1000 - 1
    if kind == "s":
        return -events * round(min(plan.amounts[int(name[2])].largest, 1e12)) * 10_000
    if kind in "uv":
        of_one = steps(plan.amounts[int(digit)].largest)
        return -events * of_one if kind == "u" else events * of_one**2
    return events


def test_an_entity_with_events_all_the_time_keeps_few_counters():
    plan = shop(label_delay="7d").history_plan
    random.seed(3)
    states = {"card_id": {}, "till_id": {}}
    moment, largest = START, 0
    for number in range(4_000):
        moment += timedelta(seconds=random.expovariate(1 / 1_500))
        one = Transaction(str(number), moment, {"card_id": "c", "till_id": "t", "amount": random.uniform(-1e6, 1e6)})
        for field, change in history.observe(plan, one, states).items():
            states[field] = history.apply(states[field], change)
        if number % 10 == 0:
            largest = max(largest, bytes_of("k" * 50, states["card_id"]))
    assert largest <= plan.worst_bytes <= LARGEST_ITEM
    assert sum(value for name, value in states["card_id"].items() if name.startswith("n3")) > 1_000


def test_a_schema_with_too_much_to_remember_says_what_to_drop():
    fields = {"card": {"role": "entity"}} | {f"a{i}": {"role": "amount"} for i in range(30)}
    with pytest.raises(SchemaError) as error:
        Schema.from_dict(small(fields=fields, history={"amounts": [f"a{i}" for i in range(30)]}))
    assert str(error.value).endswith("and 4096 is the limit; name fewer windows, amounts or pairs")
    assert Schema.from_dict(small(fields=fields)).history_plan.amounts[-1].field == "a1"


def test_the_finest_resolution_that_fits_is_taken():
    fields = {"card": {"role": "entity"}} | {f"a{i}": {"role": "amount"} for i in range(8)}
    found = [
        Schema.from_dict(small(fields=fields, history={"amounts": [f"a{i}" for i in range(count)]})).history_plan
        for count in range(6)
    ]
    assert found[0].resolution == 12
    assert [plan.resolution for plan in found] == sorted((plan.resolution for plan in found), reverse=True)
    assert found[-1].resolution < 6
