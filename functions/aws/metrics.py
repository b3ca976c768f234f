"""Counts what happened, as metrics in the function's log (CloudWatch's embedded metric format)."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit, single_metric

_writing = Lock()  # a line of two threads at once is no metric


def count(name: str, value: int = 1) -> None:
    with _writing, single_metric(name=name, unit=MetricUnit.Count, value=value):
        pass


def measure(values: Mapping[str, int]) -> None:
    """Several in one line. The average of what is 0 or 1 is a share."""
    together = EphemeralMetrics()
    for name, value in values.items():
        together.add_metric(name=name, unit=MetricUnit.Count, value=value)
    with _writing:
        together.flush_metrics()
