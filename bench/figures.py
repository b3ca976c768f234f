"""How a figure is taken and printed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

WARM_UP = 20  # calls that are not counted: caches and lazy imports are no part of the steady state


def report(figure: str, value: float, unit: str, **facts: object) -> None:
    line = {"figure": figure, "value": round(value, 4), "unit": unit, **facts, "cpus": os.cpu_count()}
    print(json.dumps(line), flush=True)


def timed[T](work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def latencies(call: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each call, ascending."""
    for _ in range(WARM_UP):
        call()
    return sorted(timed(call)[1] * 1000 for _ in range(count))


def report_latencies(figure: str, ascending: list[float], **facts: object) -> None:
    for share in (50, 99):
        at = min(len(ascending) - 1, len(ascending) * share // 100)
        report(f"{figure}_p{share}", ascending[at], "ms", calls=len(ascending), **facts)
