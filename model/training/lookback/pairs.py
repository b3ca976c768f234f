"""Which partners each entity was seen with: is this one new, and how many different ones were there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.history_size import LARGEST_SET
from model.training.columns import Array
from model.training.lookback.order import Block


@dataclass(frozen=True)
class Meetings:
    """Partners are remembered per epoch, the current and the one before, at most LARGEST_SET in each."""

    new: Array  # of all events of the block, missing where a side is
    distinct: Array
    at: Array  # positions in the block of the events at which both sides are known; of these:
    epoch: Array
    group: Array  # number of the life and epoch
    kept: Array  # whether the partner was put into the set of the epoch


def meetings(block: Block, partner: Array, epoch_length: int) -> Meetings:
    at = np.flatnonzero(partner >= 0)
    life, epoch, partner = block.life[at], block.time[at] // epoch_length, partner[at].astype(np.int64)
    begins = np.ones(len(at), dtype=bool)
    begins[1:] = (life[1:] != life[:-1]) | (epoch[1:] != epoch[:-1])
    group, begin = np.cumsum(begins) - 1, np.flatnonzero(begins)
    follows = np.zeros(len(begin), dtype=bool)  # whether the group before is the same life's epoch before
    follows[1:] = (life[begin[1:]] == life[begin[:-1]]) & (epoch[begin[1:]] == epoch[begin[:-1]] + 1)

    width = int(partner.max(initial=0)) + 1
    distinct_pairs, first, pair = np.unique(group * width + partner, return_index=True, return_inverse=True)
    is_first = np.zeros(len(at), dtype=bool)
    is_first[first] = True
    kept = is_first & (_counted(is_first, begin, group) < LARGEST_SET)

    pair_kept = kept[first]
    before = np.searchsorted(distinct_pairs, distinct_pairs - width)
    pair_remembered = (distinct_pairs[before] == distinct_pairs - width) & pair_kept[before] & follows[group[first]]
    remembered = pair_remembered[pair]
    seen_now = pair_kept[pair] & ~is_first

    sizes = np.bincount(group, weights=kept, minlength=len(begin)).astype(np.int64)
    size_before = np.where(follows, np.roll(sizes, 1), 0)
    new, distinct = np.full((2, len(block)), np.nan)
    new[at] = ~(seen_now | remembered)
    distinct[at] = size_before[group] + _counted(kept & ~remembered, begin, group)
    return Meetings(new, distinct, at, epoch, group, kept)


def _counted(marks: Array, begin: Array, group: Array) -> Array:
    """Of each event: how many earlier ones of its group carry the mark."""
    before = np.cumsum(marks) - marks
    counted: Array = before - before[begin][group]
    return counted
