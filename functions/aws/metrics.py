"""Counts what happened, as a metric in the function's log (CloudWatch's embedded metric format)."""

from __future__ import annotations

from threading import Lock

from aws_lambda_powertools.metrics import MetricUnit, single_metric

_writing = Lock()  # a line of two threads at once is no metric


def count(name: str, value: int = 1) -> None:
    with _writing, single_metric(name=name, unit=MetricUnit.Count, value=value):
        pass
