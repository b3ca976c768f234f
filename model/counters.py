"""The names of what is stored of an entity. `level`, `amount` and `pair` are one digit, their place in the plan;
`k` is the bucket (time // its length); all in base 36.

| name              | bucket length           | holds                                                                |
|-------------------|-------------------------|----------------------------------------------------------------------|
| n{level}{k}       | window / resolution     | events                                                               |
| s{level}{amount}{k} | window / resolution   | sum of the amount, in 1/10000                                        |
| m{level}{amount}{k} | window / resolution   | events that have the amount; kept only where it may be missing       |
| u{amount}{k}      | longest / resolution    | sum of the amount's logarithm (`steps`)                              |
| v{amount}{k}      | longest / resolution    | sum of its square                                                    |
| d{k}              | risk bucket             | events                                                               |
| x{k}              | risk bucket             | events that turned out to be fraud, four digits for each of its slots |
| y{k}              | risk bucket             | sum of the logarithm (`steps`) of their first amount                  |
| p{pair}{k}        | longest window          | the set of partners, each 32 bits of a hash                          |
| first, last       |                         | time of the first and the last event, in microseconds                |
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TIMES = frozenset({"first", "last"})
UNITS = 10_000.0
LARGEST_UNITS = 1e16
SLOTS = 8  # of a risk bucket; only a ten-thousandth fraud of one entity in one slot would count for the next
DIGITS_OF_SLOT = 4
STEPS = 1024.0  # per doubling of an amount


def base36(number: int) -> str:
    if number < 0:  # before 1970, where nothing happens but windows may look
        return "-" + base36(-number)
    text = ""
    while number >= 36:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return DIGITS[number] + text


@lru_cache(maxsize=4096)
def names(prefix: str, newest: int, count: int) -> tuple[str, ...]:
    """The counters of `count` buckets up to the newest one."""
    return tuple(prefix + base36(k) for k in range(newest - count + 1, newest + 1))


def name(prefix: str, bucket: int) -> str:
    return names(prefix, bucket, 1)[0]


def units(amount: float) -> int:
    return round(max(-LARGEST_UNITS, min(LARGEST_UNITS, amount * UNITS)))


def in_slot(slot: int) -> int:
    """One fraud in this slot, as the counter of its risk bucket has it."""
    return int(10 ** (DIGITS_OF_SLOT * slot))


@lru_cache(maxsize=4096)
def slots(frauds: int) -> tuple[int, ...]:
    """The frauds of each slot, from the counter of a risk bucket."""
    packed = f"{max(frauds, 0):0{SLOTS * DIGITS_OF_SLOT}d}"
    ends = range(len(packed), len(packed) - SLOTS * DIGITS_OF_SLOT, -DIGITS_OF_SLOT)
    return tuple(int(packed[end - DIGITS_OF_SLOT : end]) for end in ends)


def steps(amount: float) -> int:
    """The amount on a scale that rises by 1024 with each doubling, straight in between: exact on every machine, as no
    logarithm of a mathematics library is."""
    fraction, exponent = math.frexp(1.0 + abs(amount))
    size = round(STEPS * (exponent + 2.0 * fraction - 2.0))
    return size if amount > 0 else -size


def amount_of(steps: float) -> float:
    """The amount that lies there on the scale of `steps`: 0 and more for what is not negative."""
    whole, part = divmod(abs(steps) / STEPS, 1.0)
    return math.copysign(math.ldexp(1.0 + part, int(whole)) - 1.0, steps)


def digest(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


@lru_cache(maxsize=4096)
def short_hash(identity: str) -> int:
    return int(digest(identity)[:8], 16)
