"""The words of a history plan: whose past is kept (Entity), for how long (Window), of which money (Amount), and who was
met (Pair). All times are whole microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from model.counters import base36

MINUTE = 60_000_000
DAY = 1440 * MINUTE


@dataclass(frozen=True)
class Window:
    text: str
    level: int  # its place among the windows
    length: int
    bucket: int
    risk: int  # how many risk buckets it looks back over for risk; 0 = it is shorter than one


@dataclass(frozen=True)
class Entity:
    field: str
    short: str
    lower: bool  # an e-mail or IP address is the same in upper and lower case
    sensitive: bool = False  # known by its pseudonym alone

    def identity(self, value: str) -> str:
        return value.lower() if self.lower else value


@dataclass(frozen=True)
class Amount:
    field: str
    index: int
    counted: bool  # an amount that may be missing has a count of its own
    largest: float

    @cached_property
    def digit(self) -> str:
        return base36(self.index)


@dataclass(frozen=True)
class Pair:
    """Two entities that meet; whether they meet for the first time is told of the first one."""

    first: str
    second: str
    index: int

    @cached_property
    def digit(self) -> str:
        return base36(self.index)

    def partner(self, field: str) -> str | None:
        if field == self.first:
            return self.second
        return self.first if field == self.second else None
