"""Spares callers the wait for an endpoint that has failed again and again."""

from __future__ import annotations

from collections.abc import Callable

MOST_FAILURES = 3  # one after the other; then it is not asked
PAUSE = 10.0  # seconds; then one request tries it, and its outcome decides


class Breaker:
    """Of one warm function. Times are those of a clock that only runs forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._try_again_at = 0.0

    def lets_through(self) -> bool:
        if self._failures < MOST_FAILURES:
            return True
        if self._clock() < self._try_again_at:
            return False
        self._pause()  # if nothing is heard of the one that tries, the next one tries a pause later
        return True

    def on_success(self) -> None:
        self._failures = 0

    def on_failure(self) -> bool:
        """Says whether this was the one failure too many."""
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self._pause()
        return self._failures == MOST_FAILURES

    def _pause(self) -> None:
        self._try_again_at = self._clock() + PAUSE
