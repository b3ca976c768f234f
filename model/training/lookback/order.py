"""The events of each entity in the order in which they happened, in blocks of whole entities that fit a processor's
cache: what has to be computed of an entity's past then touches little memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.training.columns import Array
from model.training.table import Table

BLOCK_ROWS = 8_192


@dataclass(frozen=True)
class Block:
    """All events of some entities, one entity after the other. An entity that was silent for so long that it is
    forgotten begins a new life."""

    rows: Array  # positions in the table
    code: Array  # the entity
    time: Array
    life: Array  # counted from 0 in the block
    begin: Array  # of each event: where in the block its life begins

    def __len__(self) -> int:
        return len(self.rows)

    def buckets(self, length: int) -> Buckets:
        number = self.time // length
        lowest = int(number.min())
        span = int(number.max()) - lowest + 1
        lives = self.life * span
        return Buckets(number, lowest, span, lives, lives + (number - lowest))


@dataclass(frozen=True)
class Buckets:
    """The events of a block in buckets of one length."""

    number: Array
    lowest: int
    span: int
    lives: Array
    key: Array  # rises from life to life, and in each from bucket to bucket

    def first_since(self, wanted: Array) -> Array:
        """Of each event: where the first event of its life stands whose bucket is the wanted one or a later one."""
        return np.searchsorted(self.key, self.lives + np.clip(wanted - self.lowest, 0, self.span))


def in_time(table: Table) -> Array:
    """Positions of the rows by time; of one moment, the earlier in the files comes first."""
    order: Array = np.lexsort((table.row, table.file, table.time))
    return order.astype(np.int32 if len(table) < 2**31 else np.int64)


def per_entity(code: Array, by_time: Array) -> Array:
    """Positions of the rows by entity and time, without those that have no entity."""
    found = by_time[code[by_time] >= 0]
    return found[_stable_order(code[found])]


def blocks(order: Array, code: Array, time: Array, memory: int) -> Iterator[Block]:
    sorted_code = code[order]
    ends = np.append(np.flatnonzero(sorted_code[1:] != sorted_code[:-1]) + 1, len(order))
    start = 0
    while start < len(order):
        at = min(int(np.searchsorted(ends, start + BLOCK_ROWS)), len(ends) - 1)
        end = int(ends[at])
        yield _block(order[start:end], sorted_code[start:end], time, memory)
        start = end


def _block(rows: Array, code: Array, time: Array, memory: int) -> Block:
    moment = time[rows]
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (code[1:] != code[:-1]) | (moment[1:] - moment[:-1] > memory)
    life = np.cumsum(begins) - 1
    return Block(rows, code, moment, life, np.flatnonzero(begins)[life])


def _stable_order(code: Array) -> Array:
    few = len(code) > 0 and int(code.max()) < 2**16  # which are sorted by their digits, three times faster
    return np.argsort(code.astype(np.uint16) if few else code, kind="stable")
