"""What an event reads from the past of its entities, and what it does to it: a small state of counters per entity, read
before the event is observed. docs/schema.md tells the rules; training/lookback follows them for whole tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from model import history_facts as facts
from model import timestamps
from model.counters import TIMES, digest, in_slot, name, names, short_hash, steps, units
from model.history_merge import merge
from model.history_size import LARGEST_SET
from model.history_state import NEVER_SEEN, NOBODY, Change, State, apply
from model.transaction import Transaction
from model.windows import Plan

__all__ = ["NEVER_SEEN", "Change", "State", "apply", "judge", "judged", "keys", "merge", "observe", "read"]

Counters = Mapping[str, int]


def keys(plan: Plan, transaction: Transaction) -> dict[str, str]:
    """Of each entity that the event names: the key under which its state is stored."""
    return {field: key(plan, field, identity) for field, identity in _named(plan, transaction).items()}


def key(plan: Plan, field: str, identity: str) -> str:
    return key_under(plan.id, field, identity)


def key_under(plan: str, field: str, identity: str) -> str:
    """The same by the plan's id, also of a plan that no model has any more."""
    return f"{plan}#{field}#{digest(identity)}"


def read(plan: Plan, transaction: Transaction, states: Mapping[str, State]) -> dict[str, float | None]:
    """The history features, in the order of plan.names."""
    moment = timestamps.microseconds(transaction.timestamp)
    named = _named(plan, transaction)
    known = {field: _remembered(plan, states.get(field, NEVER_SEEN), moment) for field in named}
    amounts = [cast(float | None, transaction.values[amount.field]) for amount in plan.amounts]
    counters = plan.counters(moment) if known else ()
    values: list[float | None] = []
    for entity in plan.entities:
        if entity.field in known:
            values += facts.of_entity(plan, amounts, cast(Counters, known[entity.field]), counters, moment)
        else:
            values += [None] * plan.width
    for pair in plan.pairs:
        if pair.first in known and pair.second in known:
            first, second = (_partners(plan, known[side], pair.digit, moment) for side in (pair.first, pair.second))
            values += [float(short_hash(named[pair.second]) not in first), float(len(first)), float(len(second))]
        else:
            values += [None, None, None]
    return dict(zip(plan.names, values, strict=True))


def observe(plan: Plan, transaction: Transaction, states: Mapping[str, State]) -> dict[str, Change]:
    """What the event does to each of its entities, given the states that were read."""
    moment = timestamps.microseconds(transaction.timestamp)
    named = _named(plan, transaction)
    counted = dict(_counted(plan, transaction, moment)) if named else {}
    return {field: _observed(plan, field, named, counted, states.get(field, NEVER_SEEN), moment) for field in named}


def judge(plan: Plan, transaction: Transaction, frauds: int) -> Change:
    """What the label of an event does to each of its entities: +1 for fraud, -1 to take it back."""
    amount = cast(float | None, transaction.values[plan.amounts[0].field]) if plan.amounts else None
    return judged(plan, timestamps.microseconds(transaction.timestamp), steps(amount or 0.0), frauds)


def judged(plan: Plan, moment: int, size: int, frauds: int) -> Change:
    """The same; `size` is the event's first amount in `steps`."""
    if not plan.risks:
        return Change()
    bucket, within = divmod(moment, plan.risk_bucket)
    add = {name("x", bucket): in_slot(within // plan.slot), name("y", bucket): size}
    return Change(add={counter: frauds * value for counter, value in add.items() if value})


def _named(plan: Plan, transaction: Transaction) -> dict[str, str]:
    kept = transaction.kept
    values = ((entity, kept.get(entity.field)) for entity in plan.entities)
    return {entity.field: entity.identity(str(value)) for entity, value in values if value is not None}


def _remembered(plan: Plan, state: State, moment: int) -> State:
    last = cast(Counters, state).get("last")
    return NEVER_SEEN if last is None or moment - last > plan.memory else state


def _partners(plan: Plan, state: State, pair: str, moment: int) -> frozenset[int]:
    found = [cast(frozenset[int], state.get(name, NOBODY)) for name in names(f"p{pair}", moment // plan.epoch, 2)]
    return NOBODY.union(*found)


def _counted(plan: Plan, transaction: Transaction, moment: int) -> Iterator[tuple[str, int]]:
    """What the event adds to the counters of each of its entities."""
    values = [(amount, transaction.values[amount.field]) for amount in plan.amounts]
    present = [(amount, cast(float, value)) for amount, value in values if value is not None]
    for window in plan.windows:
        bucket = moment // window.bucket
        yield name(f"n{window.level}", bucket), 1
        for amount, value in present:
            yield name(f"s{window.level}{amount.digit}", bucket), units(value)
            if amount.counted:
                yield name(f"m{window.level}{amount.digit}", bucket), 1
    for amount, value in present:
        bucket, size = moment // plan.longest.bucket, steps(value)
        yield name(f"u{amount.digit}", bucket), size
        yield name(f"v{amount.digit}", bucket), size * size
    if plan.risks:
        yield name("d", moment // plan.risk_bucket), 1


def _observed(
    plan: Plan, field: str, named: Mapping[str, str], counted: Counters, stored: State, moment: int
) -> Change:
    state = _remembered(plan, stored, moment)
    last, first = cast(int | None, state.get("last")), cast(int | None, state.get("first"))
    newest = moment if last is None else max(last, moment)
    within = plan.reach(newest)
    put: dict[str, int] = {}
    if last is None or first is None:
        put = {"first": moment, "last": moment}
    elif moment > last:
        put = {"last": moment}
    elif 0 < first - moment <= plan.memory:
        put = {"first": moment}
    add = {counter: amount for counter, amount in counted.items() if amount and counter in within}
    members = _met(plan, field, named, state, moment, within)
    kept = within if state else {*add, *members}
    drop = tuple(sorted(counter for counter in stored if counter not in kept and counter not in TIMES))
    return Change(add, put, drop, members, newer_than=moment if "last" in put else None)


def _met(
    plan: Plan, field: str, named: Mapping[str, str], state: State, moment: int, within: frozenset[str]
) -> dict[str, frozenset[int]]:
    members = {}
    for pair in plan.pairs:
        partner = named.get(pair.partner(field) or "")
        if partner is None:
            continue
        counter = name(f"p{pair.digit}", moment // plan.epoch)
        known = cast(frozenset[int], state.get(counter, NOBODY))
        if counter in within and len(known) < LARGEST_SET and short_hash(partner) not in known:
            members[counter] = frozenset({short_hash(partner)})
    return members
