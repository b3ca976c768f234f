"""The state of one entity, and a change of it: sums, times and unions, so that two machines may change it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

State = Mapping[str, int | frozenset[int]]  # counters, times and sets by name; empty = never seen
NEVER_SEEN: State = {}
NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Change:
    """What happens to the state of one entity: sums, times, counters out of reach, and new members of sets."""

    add: dict[str, int] = field(default_factory=dict)
    put: dict[str, int] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    members: dict[str, frozenset[int]] = field(default_factory=dict)
    newer_than: int | None = None  # only if the stored `last` is absent or smaller


def apply(state: State, change: Change) -> dict[str, int | frozenset[int]]:
    """The state after the change, in memory. The condition is the caller's matter."""
    after = {name: value for name, value in state.items() if name not in change.drop}
    for counter, amount in change.add.items():
        after[counter] = cast(int, after.get(counter, 0)) + amount
    for name_of_set, members in change.members.items():
        after[name_of_set] = cast(frozenset[int], after.get(name_of_set, NOBODY)) | members
    return after | change.put
