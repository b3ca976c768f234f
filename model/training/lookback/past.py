"""What each event of a block reads of its entity's past: as `read` of model/history.py, for all of them at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.counters import LARGEST_UNITS, STEPS, UNITS
from model.history_facts import FEWEST_FOR_SPREAD, SMALLEST_SPREAD
from model.remembered import Window
from model.training.columns import Array
from model.training.lookback.order import Block
from model.training.lookback.risk import Frauds
from model.training.table import Table
from model.windows import Plan


def columns(plan: Plan, table: Table, block: Block) -> Iterator[Array]:
    """The features of one entity in the order of their names."""
    here = np.arange(len(block))
    since = [_since(block, window) for window in plan.windows]
    events = [here - first for first in since]
    yield from events
    values = [table.values[amount.field][block.rows] for amount in plan.amounts]
    sums = [_sums(units(value), since) for value in values]
    numbers = [
        _sums(~np.isnan(value), since) if amount.counted else events
        for amount, value in zip(plan.amounts, values, strict=True)
    ]
    for of_windows in sums:
        for total in of_windows:
            yield total / UNITS
    means = [
        [_divided(total, number) / UNITS for total, number in zip(s, n, strict=True)]
        for s, n in zip(sums, numbers, strict=True)
    ]
    for of_windows in means:
        yield from of_windows
    for value, of_windows in zip(values, means, strict=True):
        for mean in of_windows:
            yield _divided(value, mean)
    for value, of_windows in zip(values, numbers, strict=True):
        yield _spread(steps(value), since[-1:], of_windows[-1], ~np.isnan(value))
    yield from _seconds(plan, block, here)
    yield from _risks(plan, table, block)


def units(amount: Array) -> Array:
    """Whole numbers; nothing where the amount is missing."""
    number: Array = np.rint(np.nan_to_num(np.clip(amount * UNITS, -LARGEST_UNITS, LARGEST_UNITS))).astype(np.int64)
    return number


def steps(amount: Array) -> Array:
    """As `steps` of model/counters.py; nothing where the amount is missing."""
    fraction, exponent = np.frexp(1.0 + np.abs(np.nan_to_num(amount)))
    size: Array = np.rint(STEPS * (exponent + 2.0 * fraction - 2.0)).astype(np.int64)
    return np.where(amount > 0, size, -size)


def first_steps(plan: Plan, table: Table, rows: Array) -> Array:
    """Of these rows the first amount, of which the size of frauds is remembered."""
    return steps(table.values[plan.amounts[0].field][rows]) if plan.amounts else np.zeros(len(rows), dtype=np.int64)


def _amount_of(size: Array) -> Array:
    """As `amount_of` of model/counters.py."""
    whole, part = np.divmod(np.abs(size) / STEPS, 1.0)
    power = np.nan_to_num(whole).astype(np.int64)
    return np.copysign(np.ldexp(1.0 + part, power) - 1.0, size)


def _since(block: Block, window: Window) -> Array:
    """Of each event: where its window begins."""
    buckets = block.buckets(window.bucket)
    return buckets.first_since(buckets.number - (window.length // window.bucket - 1))


def _sums(values: Array, since: list[Array]) -> list[Array]:
    """From each of these places up to each event, without it; modulo 2**64 as the sums of model/history.py."""
    totals = np.zeros(len(values), dtype=np.int64)
    np.cumsum(values[:-1], out=totals[1:])
    return [totals - totals[first] for first in since]


def _divided(values: Array, by: Array) -> Array:
    """Missing where there is nothing above zero to divide by."""
    return np.divide(values, by, out=np.full(len(values), np.nan), where=by > 0)


def _spread(size: Array, since: list[Array], number: Array, present: Array) -> Array:
    mean, squares = (_divided(_sums(of, since)[0], number) for of in (size, size * size))
    deviation = np.sqrt(np.maximum(squares - mean * mean, 0.0))
    compared = (size - mean) / np.maximum(deviation, SMALLEST_SPREAD)
    return np.where(present & (number >= FEWEST_FOR_SPREAD), compared, np.nan)


def _seconds(plan: Plan, block: Block, here: Array) -> Iterator[Array]:
    seen = here > block.begin
    for since in (np.maximum(here - 1, 0), block.begin):
        elapsed = np.minimum(block.time - block.time[since], plan.memory) / 1e6
        yield np.where(seen, elapsed, np.nan)


def _risks(plan: Plan, table: Table, block: Block) -> Iterator[Array]:
    if not plan.risks:
        return
    buckets = block.buckets(plan.risk_bucket)
    current = (block.time - plan.delay) // plan.risk_bucket
    end = buckets.first_since(current)
    at = np.flatnonzero(table.label[block.rows] == 1)
    frauds = Frauds(plan, block, at, table.known[block.rows[at]])
    for window in plan.risks:
        counted = frauds.counted(window)
        yield _divided(counted, end - buckets.first_since(current - window.risk))
    if plan.amounts:
        size = first_steps(plan, table, block.rows[at])
        yield _amount_of(_divided(frauds.counted(plan.longest, size), counted))
    yield frauds.told()
    yield from frauds.seconds_since()
