"""How many earlier events of each entity were known frauds, at the moment of every later one."""

from __future__ import annotations

import numpy as np

from model.training.columns import Array
from model.training.lookback.order import Block


def known_frauds(block: Block, fraud: Array, known: Array, length: int, reach: int, delay: int) -> Array:
    """Of each event: the frauds known by then, of the `reach` whole buckets that lie at least the delay back.

    A fraud counts during a stretch of its entity's time: it adds one where that begins and takes it back at its end.
    """
    at = np.flatnonzero(fraud)
    if len(at) == 0:
        return np.zeros(len(block), dtype=np.int64)
    bucket = block.time[at] // length
    begins = np.maximum(known[at], (bucket + 1) * length + delay)
    ends = np.maximum(begins, (bucket + reach + 1) * length + delay)
    change = np.bincount(_first_at(block, at, begins), minlength=len(block) + 1)
    change -= np.bincount(_first_at(block, at, ends), minlength=len(block) + 1)
    frauds: Array = np.cumsum(change[:-1])
    return frauds


def _first_at(block: Block, of: Array, moment: Array) -> Array:
    """Where the first event of the same life stands that is not earlier than the moment.

    Complex numbers are ordered by their real, then their imaginary part; microseconds fit a float until 2255.
    """
    found: Array = np.searchsorted(block.life + 1j * block.time, block.life[of] + 1j * moment)
    return found
