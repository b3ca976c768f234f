"""How long a request may still wait for others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FOR_THE_ENDPOINT = 0.25  # of the time is kept for it; without its answer less is lost than without the history


@dataclass(frozen=True)
class Deadline:
    clock: Callable[[], float]
    seconds: float
    at: float

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float]) -> Deadline:
        return cls(clock, seconds, clock() + seconds)

    def left(self) -> float:
        return max(0.0, self.at - self.clock())

    def left_for_history(self) -> float:
        return max(0.0, self.left() - FOR_THE_ENDPOINT * self.seconds)
