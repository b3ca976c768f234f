"""What is known of each entity at the end of the data: the state that model/history.py would have reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import cast

import numpy as np

from model import history, pseudonyms
from model.counters import base36
from model.history_state import State
from model.training.columns import Array
from model.training.lookback.entities import codes
from model.training.lookback.order import Block, blocks, in_time, per_entity
from model.training.lookback.pairs import meetings
from model.training.lookback.past import first_steps, steps, units
from model.training.table import Table
from model.windows import Plan

Known = dict[str, int | frozenset[int]]  # a state being filled


def states(plan: Plan, table: Table) -> Iterator[tuple[str, State]]:
    """Keys and states; of sensitive entities as `Pseudonyms.hide_state` takes them, for training has no key. Labels
    that become known after the last event count too: they are in the data."""
    by_time = in_time(table)
    code = {entity.field: codes(table, entity) for entity in plan.entities}
    paired = {field for pair in plan.pairs for field in (pair.first, pair.second)}
    hashes = {
        entity.field: [pseudonyms.mark(entity, entity.identity(value)) for value in table.vocabularies[entity.field]]
        for entity in plan.entities
        if entity.field in paired
    }
    for entity in plan.entities:
        own, vocabulary = code[entity.field], table.vocabularies[entity.field]
        for block in blocks(per_entity(own, by_time), own, table.time, plan.memory):
            ends = _Ends(plan, table, block)
            found = ends.states()
            ends.add_frauds(found)
            for pair in plan.pairs:
                if partner := pair.partner(entity.field):
                    ends.add_partners(found, pair.digit, code[partner][block.rows], hashes[partner])
            for at, state in zip(ends.last.tolist(), found, strict=True):
                yield history.key(plan, entity.field, entity.identity(vocabulary[block.code[at]])), state


@dataclass(frozen=True)
class _Ends:
    """The last lives in a block."""

    plan: Plan
    table: Table
    block: Block

    @cached_property
    def owner(self) -> Array:
        """Of each event the number of its entity in the block."""
        return np.cumsum(np.diff(self.block.code, prepend=self.block.code[:1]) != 0)

    @cached_property
    def last(self) -> Array:
        """Where each entity's last event stands."""
        return np.flatnonzero(np.diff(self.owner, append=-1))

    @cached_property
    def alive(self) -> Array:
        """The events that are not forgotten."""
        return np.flatnonzero(self.block.life == self.block.life[self.last][self.owner])

    @cached_property
    def until(self) -> Array:
        return self.block.time[self.last]

    @cached_property
    def judged(self) -> Array:
        """Each entity's oldest bucket that still tells of risk."""
        return (self.until - self.plan.delay) // self.plan.risk_bucket - self.plan.longest.risk

    def states(self) -> list[Known]:
        first = self.block.time[self.block.begin[self.last]]
        found: list[Known] = [
            {"first": since, "last": until} for since, until in zip(first.tolist(), self.until.tolist(), strict=True)
        ]
        for prefix, length, at, values in self._counted():
            bucket = self.block.time[at] // length
            owner, names, totals = _added(self.owner[at], bucket, values)
            for number, name, total in zip(owner, names, totals, strict=True):
                found[number][prefix + name] = total
        return found

    def _counted(self) -> Iterator[tuple[str, int, Array, Array]]:
        """Prefix and bucket length of each kind of counter, the events that add to it, and what they add."""
        plan, rows, alive = self.plan, self.block.rows, self.alive
        amounts = [(amount, self.table.values[amount.field][rows]) for amount in plan.amounts]
        for window in plan.windows:
            at = self._since(alive, window.bucket, self.until // window.bucket - plan.resolution + 1)
            yield f"n{window.level}", window.bucket, at, np.ones(len(at), dtype=np.int64)
            for amount, values in amounts:
                yield f"s{window.level}{amount.digit}", window.bucket, *_nonzero(at, units(values))
                if amount.counted:
                    yield f"m{window.level}{amount.digit}", window.bucket, *_nonzero(at, ~np.isnan(values))
            if window is plan.longest:
                for amount, values in amounts:
                    size = steps(values)
                    yield f"u{amount.digit}", window.bucket, *_nonzero(at, size)
                    yield f"v{amount.digit}", window.bucket, *_nonzero(at, size * size)
        if plan.risks:
            at = self._since(alive, plan.risk_bucket, self.judged)
            yield "d", plan.risk_bucket, at, np.ones(len(at), dtype=np.int64)

    def add_frauds(self, found: list[Known]) -> None:
        """A label that came after the last event is kept wherever it belongs: only events drop what is out of reach."""
        if not self.plan.risks:
            return
        rows = self.block.rows
        within = self.block.time // self.plan.risk_bucket >= self.judged[self.owner]
        kept = within | (self.table.known[rows] > self.until[self.owner])
        at = np.flatnonzero((self.table.label[rows] == 1) & kept)
        sizes = first_steps(self.plan, self.table, rows[at]).tolist()
        for number, moment, size in zip(self.owner[at].tolist(), self.block.time[at].tolist(), sizes, strict=True):
            for name, value in history.judged(self.plan, moment, size, 1).add.items():
                found[number][name] = cast(int, found[number].get(name, 0)) + value

    def _since(self, at: Array, length: int, lowest: Array) -> Array:
        found: Array = at[self.block.time[at] // length >= lowest[self.owner[at]]]
        return found

    def add_partners(self, found: list[Known], pair: str, partner: Array, hashes: list[int]) -> None:
        met = meetings(self.block, partner, self.plan.epoch)
        owner = self.owner[met.at]
        is_last = self.block.life[met.at] == self.block.life[self.last][owner]
        kept = np.flatnonzero(met.kept & is_last & (met.epoch >= self.until[owner] // self.plan.epoch - 1))
        begins = np.flatnonzero(np.diff(met.group[kept], prepend=-1))
        for start, end in pairwise([*begins.tolist(), len(kept)]):
            at = kept[start]
            members = frozenset(hashes[code] for code in partner[met.at[kept[start:end]]].tolist())
            found[owner[at]][f"p{pair}{base36(int(met.epoch[at]))}"] = members


def _nonzero(at: Array, values: Array) -> tuple[Array, Array]:
    """Those of the events that add something, and what."""
    at = at[values[at] != 0]
    return at, values[at].astype(np.int64)


def _added(owner: Array, bucket: Array, values: Array) -> tuple[list[int], list[str], list[int]]:
    """Of each owner's buckets: the owner, the bucket in the form of a counter's name, and the sum."""
    if len(owner) == 0:
        return [], [], []
    begins = np.flatnonzero(np.append(True, (owner[1:] != owner[:-1]) | (bucket[1:] != bucket[:-1])))
    numbers, name = np.unique(bucket[begins], return_inverse=True)
    names = [base36(number) for number in numbers.tolist()]
    return owner[begins].tolist(), [names[at] for at in name.tolist()], np.add.reduceat(values, begins).tolist()
