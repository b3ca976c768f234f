"""What is known of an entity's frauds at the moment of each of its later events: how many, the last and the first.

A fraud tells something during a stretch of its entity's time, from when it is known until it is too long ago. So what
is to be done grows with the frauds, which are few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.remembered import Window
from model.training.columns import Array
from model.training.lookback.order import Block
from model.windows import Plan


@dataclass(frozen=True)
class Frauds:
    """Those of a block."""

    plan: Plan
    block: Block
    at: Array  # positions in the block
    known: Array  # since when

    def counted(self, window: Window, values: Array | None = None) -> Array:
        """Of each event: how many it knows of by whole buckets, or what their values come to."""
        bucket = self.block.time[self.at] // self.plan.risk_bucket
        return self._added((bucket + 1) * self.plan.risk_bucket, bucket, window, values)

    def told(self) -> Array:
        """Of each event: how many of the longest window it knows of by slots."""
        time = self.block.time[self.at]
        over = (time // self.plan.slot + 1) * self.plan.slot
        return self._added(over, time // self.plan.risk_bucket, self.plan.longest, None)

    def _added(self, over: Array, bucket: Array, window: Window, values: Array | None) -> Array:
        """Each fraud adds its value, or one, where its stretch begins and takes it back at its end."""
        begins = np.maximum(self.known, over + self.plan.delay)
        ends = np.maximum(begins, self._too_old(bucket, window))
        change = np.bincount(self._first_at(begins), values, len(self.block) + 1)
        change -= np.bincount(self._first_at(ends), values, len(self.block) + 1)
        added: Array = np.cumsum(change[:-1])
        return added

    def seconds_since(self) -> Iterator[Array]:
        """Of each event: the time since the last slot with a fraud that it knows of, then since the first one."""
        time, life = self.block.time[self.at], self.block.life[self.at]
        length = self.plan.slot
        slot = time // length
        over = (slot + 1) * length
        visible = np.maximum(self.known, over + self.plan.delay)
        begins = self._first_at(visible).tolist()
        ends = self._first_at(self._too_old(time // self.plan.risk_bucket, self.plan.longest)).tolist()
        order = np.lexsort((visible, slot, life))
        is_first = np.ones(len(order), dtype=bool)  # of its slot, to be known
        is_first[1:] = (np.diff(slot[order]) != 0) | (np.diff(life[order]) != 0)
        of_slots = order[is_first].tolist()
        for later_wins in (of_slots, of_slots[::-1]):
            since = np.full(len(self.block), np.nan)
            for fraud in later_wins:
                since[begins[fraud] : ends[fraud]] = over[fraud]
            yield (self.block.time - since) / 1e6

    def _too_old(self, bucket: Array, window: Window) -> Array:
        moment: Array = (bucket + window.risk + 1) * self.plan.risk_bucket + self.plan.delay
        return moment

    @cached_property
    def _moments(self) -> Array:
        """Life and time of each event: complex numbers are ordered by their real, then by their imaginary part."""
        moments: Array = self.block.life + 1j * self.block.time  # microseconds fit a float until 2255
        return moments

    def _first_at(self, moment: Array) -> Array:
        """Where the first event of the same life stands that is not earlier than the moment."""
        found: Array = np.searchsorted(self._moments, self.block.life[self.at] + 1j * moment)
        return found
