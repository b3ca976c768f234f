"""How many bytes the item of one entity can come to by DynamoDB's rules, whatever happens to the entity.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model.counters import DIGITS_OF_SLOT, SLOTS, base36, steps, units
from model.remembered import DAY, Amount, Entity, Pair, Window

LARGEST_ITEM = 4096
LARGEST_SET = 32  # partners remembered per pair and epoch
FEWEST_EVENTS = 10**6  # of one entity in one bucket, that there is always room for
WRITES = 1_000  # a second, which is all that one item takes
END_OF_TIME = 84_006 * DAY  # the year 2200
KEY = len("entity") + len("01234567##") + 32
NOTES = len("expires_at") + 6 + len("loaded") + 8  # what the store adds for itself


def worst(
    entities: Sequence[Entity],
    amounts: Sequence[Amount],
    windows: Sequence[Window],
    pairs: Sequence[Pair],
    delay: int,
    risk_bucket: int,
) -> int:
    counters = sum(_counters(amounts, windows, delay, risk_bucket))
    times = len("first") + len("last") + 2 * _number(END_OF_TIME)
    return max(
        KEY + len(entity.field.encode()) + NOTES + times + counters + sum(_sets(entity, pairs, windows[-1].length))
        for entity in entities
    )


def risk_buckets(longest: Window, delay: int, bucket: int) -> int:
    """How many of them can be in reach of some window at one time."""
    return -(-delay // bucket) + longest.risk + 1


def _counters(amounts: Sequence[Amount], windows: Sequence[Window], delay: int, risk_bucket: int) -> Iterator[int]:
    longest = windows[-1]
    for window in windows:
        buckets, events = window.length // window.bucket, _events(window.bucket)
        yield buckets * (_name(2, window.bucket) + _number(events))
        for amount in amounts:
            yield buckets * (_name(3, window.bucket) + _number(units(amount.largest) * events, signed=True))
            yield buckets * (_name(3, window.bucket) + _number(events)) * amount.counted
    for amount in amounts:
        events, of_one = _events(longest.bucket), steps(amount.largest)
        both = _number(of_one * events, signed=True) + _number(of_one**2 * events)
        yield longest.length // longest.bucket * (2 * _name(2, longest.bucket) + both)
    if longest.risk:
        numbers = _number(_events(risk_bucket)) + _number(10 ** (SLOTS * DIGITS_OF_SLOT) - 1)
        in_reach = risk_buckets(longest, delay, risk_bucket)
        yield in_reach * (2 * _name(1, risk_bucket) + numbers)
        for amount in amounts[:1]:
            of_frauds = steps(amount.largest) * SLOTS * (10**DIGITS_OF_SLOT - 1)
            yield in_reach * (_name(1, risk_bucket) + _number(of_frauds, signed=True))


def _sets(entity: Entity, pairs: Sequence[Pair], epoch: int) -> Iterator[int]:
    for pair in pairs:
        if pair.partner(entity.field):
            yield 2 * (_name(2, epoch) + LARGEST_SET * _number(2**32 - 1))


def _events(bucket: int) -> int:
    return max(FEWEST_EVENTS, bucket * WRITES // 1_000_000)


def _name(letters: int, bucket: int) -> int:
    return letters + len(base36(END_OF_TIME // bucket))


def _number(largest: int, signed: bool = False) -> int:
    """A byte for two digits, one more, and one for a sign."""
    return (len(str(abs(largest))) + 1) // 2 + 1 + signed
