"""The events of each entity in the order in which they happened, in blocks of whole entities that fit a processor's
cache: what has to be computed of an entity's past then touches little memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.training.columns import Array

BLOCK_ROWS = 32_768


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

    def first_since(self, bucket: Array, wanted: Array) -> Array:
        """Of each event: where the first event of its life stands whose bucket is the wanted one or a later one."""
        lowest = int(bucket.min())
        span = int(bucket.max()) - lowest + 1
        lives = self.life * span
        return np.searchsorted(lives + (bucket - lowest), lives + np.clip(wanted - lowest, 0, span))


def in_time(time: Array) -> Array:
    """Positions of the rows by time; of one moment, the earlier in the file comes first."""
    return np.argsort(time, kind="stable").astype(np.int32 if len(time) < 2**31 else np.int64)


def per_entity(code: Array, by_time: Array) -> Array:
    """Positions of the rows by entity and time, without those that have no entity."""
    order = by_time[np.argsort(code[by_time], kind="stable")]
    return order[np.count_nonzero(code < 0) :]


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
