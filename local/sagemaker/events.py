"""EventBridge events as AWS sends them: more than once, late, and across state changes out of order."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

Publish = Callable[[str, list[str], dict[str, Any]], None]
COPIES = 2


class Events:
    def __init__(self, publish: Publish, delay_seconds: float) -> None:
        self._publish = publish
        self._delay = delay_seconds
        # Seeded: the same sequence of events gets the same delays, so that a failing run can be repeated.
        self._random = random.Random(20180725)  # noqa: S311 (repeatable, not secret)
        self._pending: dict[asyncio.TimerHandle, tuple[str, list[str], dict[str, Any]]] = {}

    def announce(self, detail_type: str, arn: str, detail: dict[str, Any]) -> None:
        for _ in range(COPIES):
            self._later(detail_type, [arn], detail)

    def flush(self) -> None:
        """Send at once what still waits; nothing may be lost by an orderly stop."""
        for handle, event in list(self._pending.items()):
            handle.cancel()
            self._publish(*event)
        self._pending.clear()

    def _later(self, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        def send() -> None:
            del self._pending[handle]
            self._publish(detail_type, resources, detail)

        handle = asyncio.get_running_loop().call_later(self._random.uniform(0, self._delay), send)
        self._pending[handle] = (detail_type, resources, detail)
