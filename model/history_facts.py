"""What the counters of one entity say at a moment: the values of its history features, in the order of their names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched, chain, islice, repeat

from model.counters import SLOTS, UNITS, amount_of, slots, steps
from model.windows import Plan

Counters = Mapping[str, int]
Value = float | None
SMALLEST_SPREAD = 64.0  # steps: nobody spends so evenly that a cent more is news
FEWEST_FOR_SPREAD = 3


def of_entity(
    plan: Plan, amounts: Sequence[Value], state: Counters, counters: tuple[str, ...], moment: int
) -> list[Value]:
    """`counters` are those that the plan names for the moment; `amounts` are the event's own."""
    stored: Iterator[int] = map(state.get, counters, repeat(0)) if state else repeat(0)
    totals_of, levels = map(sum, batched(stored, plan.resolution)), len(plan.windows)
    events = list(islice(totals_of, levels))
    sums: list[Value] = []
    means: list[Value] = []
    ratios: list[Value] = []
    spreads: list[Value] = []
    for value, amount in zip(amounts, plan.amounts, strict=True):
        totals = [float(_signed(total)) for total in islice(totals_of, levels)]
        numbers = list(islice(totals_of, levels)) if amount.counted else events
        average = [_mean(total, number) for total, number in zip(totals, numbers, strict=True)]
        sums += [total / UNITS for total in totals]
        means += average
        ratios += [_ratio(value, mean) for mean in average]
        logarithms, squares = islice(totals_of, 2)
        spreads.append(_spread(value, float(numbers[-1]), float(logarithms), float(squares)))
    times = [_seconds(state.get(name), moment, plan.memory) for name in ("last", "first")]
    return [*map(float, events), *sums, *means, *ratios, *spreads, *times, *_risks(plan, stored, moment)]


def _signed(total: int) -> int:
    """As a column of 64-bit integers would have it; only sums beyond 900 million million are not what they were."""
    return (total + 2**63) % 2**64 - 2**63


def _mean(total: float, number: int) -> Value:
    return total / float(number) / UNITS if number else None


def _ratio(value: Value, mean: Value) -> Value:
    return None if value is None or mean is None or mean <= 0 else value / mean


def _spread(value: Value, number: float, logarithms: float, squares: float) -> Value:
    """How many standard deviations the amount is away from the usual, on the scale of `steps`."""
    if value is None or number < FEWEST_FOR_SPREAD:
        return None
    mean = logarithms / number
    deviation = math.sqrt(max(squares / number - mean * mean, 0.0))
    return (steps(value) - mean) / max(deviation, SMALLEST_SPREAD)


def _seconds(since: int | None, moment: int, most: int) -> Value:
    return None if since is None else float(min(max(moment - since, 0), most)) / 1e6


def _risks(plan: Plan, stored: Iterator[int], moment: int) -> Iterator[Value]:
    """From the risk buckets, the oldest first. A fraud is told as soon as its slot is over, shares and amounts of fraud
    when the bucket is."""
    if not plan.risks:
        return
    most = plan.longest.risk
    events, packed = list(islice(stored, most)), list(islice(stored, most + 1))
    frauds = [slots(counter) for counter in packed] if any(packed) else []  # of most entities none is known
    numbers = [sum(of_slots) for of_slots in frauds[:most]]
    for window in plan.risks:
        judged = sum(events[-window.risk :])
        yield float(sum(numbers[-window.risk :])) / float(judged) if judged else None
    if plan.amounts:
        yield _usual(sum(islice(stored, most)), sum(numbers))
    oldest = ((moment - plan.delay) // plan.risk_bucket - most) * SLOTS
    over = (moment - plan.delay) // plan.slot - oldest
    told = list(islice(chain(*frauds), over))
    yield float(sum(told))
    known = [oldest + at for at, number in enumerate(told) if number]
    for slot in (known[-1], known[0]) if known else ():
        yield float(moment - (slot + 1) * plan.slot) / 1e6
    if not known:
        yield from (None, None)


def _usual(logarithms: int, number: int) -> Value:
    return amount_of(float(logarithms) / float(number)) if number else None
