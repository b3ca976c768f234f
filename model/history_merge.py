"""Joins what the training data know of an entity into what live scoring knows. Done twice, it changes nothing more."""

from __future__ import annotations

from typing import cast

from model.counters import TIMES, slots
from model.history_state import NOBODY, Change, State
from model.windows import Plan


def merge(plan: Plan, known: State, live: State) -> Change:
    """What `live` lacks of `known`. Of each bucket the side that saw more events is right, with all its sums. Counters
    come as differences, so that an event observed in between is not lost."""
    since, until = _time(known, "first"), _time(known, "last")
    live_since, live_until = _time(live, "first"), _time(live, "last")
    if since is None or until is None:
        return Change()
    put = {"first": since, "last": until}
    if live_since is not None and live_until is not None:
        if live_since - until > plan.memory:  # forgotten before it came back
            return Change()
        one_life = since - live_until <= plan.memory
        put = {"first": since} if since < live_since or not one_life else {}
        put |= {"last": until} if until > live_until else {}
    within = plan.reach(until if live_until is None else max(until, live_until))
    return Change(
        add=_missing(plan, known, live, within),
        put=put,
        drop=tuple(sorted(live.keys() - within - TIMES)),
        members=_unmet(known, live, within),
        newer_than=until if "last" in put else None,
    )


def _time(state: State, name: str) -> int | None:
    return cast(int | None, state.get(name))


def _missing(plan: Plan, known: State, live: State, within: frozenset[str]) -> dict[str, int]:
    found = {}
    for name in sorted(within & (known.keys() | live.keys())):
        if not name.startswith("p"):
            decides = _events_of(plan, name)
            if _events(known, decides) > _events(live, decides) and _count(known, name) != _count(live, name):
                found[name] = _count(known, name) - _count(live, name)
    return found


def _events_of(plan: Plan, name: str) -> str:
    """The counter that tells how many events the bucket of this one saw."""
    if name[0] in "sm":
        return f"n{name[1]}{name[3:]}"
    if name[0] in "uv":
        return f"n{plan.longest.level}{name[2:]}"
    if name[0] == "y":
        return f"x{name[1:]}"
    return name


def _events(state: State, name: str) -> int:
    return sum(slots(_count(state, name))) if name[0] == "x" else _count(state, name)


def _count(state: State, name: str) -> int:
    return cast(int, state.get(name, 0))


def _unmet(known: State, live: State, within: frozenset[str]) -> dict[str, frozenset[int]]:
    sets = {name: cast(frozenset[int], known[name]) for name in known if name.startswith("p") and name in within}
    unmet = {name: members - cast(frozenset[int], live.get(name, NOBODY)) for name, members in sets.items()}
    return {name: members for name, members in unmet.items() if members}
