"""Cuts the labelled rows by time: what is fitted on is older than what is judged on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.schema import Schema
from model.training.columns import Array
from model.training.problems import TrainingError
from model.training.table import UNLABELLED, Table

FEWEST_ROWS = 100  # below this no figure means anything
VALIDATION_SHARE = 0.2  # of the fitting period, its latest part: decides when to stop, so that the hold-out need not


@dataclass(frozen=True)
class Split:
    """Positions in the table. `waiting` are rows so close to the hold-out that their labels were not known yet then."""

    fitting: Array
    holdout: Array
    waiting: Array


def split(schema: Schema, table: Table) -> Split:
    labelled = np.flatnonzero(table.label != UNLABELLED)
    _check_labels(schema, table, labelled)
    cut = _cut(table.time[labelled], schema.holdout)
    known_until = cut - int(schema.label_delay.total_seconds() * 1_000_000)
    time = table.time[labelled]
    parts = Split(
        fitting=labelled[time < known_until],
        holdout=labelled[time >= cut],
        waiting=labelled[(time >= known_until) & (time < cut)],
    )
    delay = f", after leaving out {len(parts.waiting)} rows of the label delay" if len(parts.waiting) else ""
    _check_both_classes(table.label[parts.fitting], "the fitting period", delay)
    _check_both_classes(table.label[parts.holdout], "the hold-out (the latest rows)", "")
    return parts


def validation(time: Array) -> tuple[Array, Array]:
    """Of the fitting rows: which to fit on and which to watch while fitting."""
    cut = _cut(time, VALIDATION_SHARE)
    return np.flatnonzero(time < cut), np.flatnonzero(time >= cut)


def _cut(time: Array, share: float) -> int:
    """The moment from which on about `share` of the rows lie; equal moments stay together."""
    at = min(int(len(time) * (1 - share)), len(time) - 1)
    return int(np.partition(time, at)[at])


def _check_labels(schema: Schema, table: Table, labelled: Array) -> None:
    column = schema.label.column if schema.label else "label"
    if len(labelled) == 0:
        raise TrainingError(f"no row has a label: the column {column!r} is blank in all {len(table)} rows")
    if len(labelled) < FEWEST_ROWS:
        raise TrainingError(f"too few rows: {len(labelled)} are labelled, at least {FEWEST_ROWS} are needed")
    frauds = int(table.label[labelled].sum())
    if frauds == 0:
        raise TrainingError(f"no fraud at all: the column {column!r} has only legitimate rows ({len(labelled)})")
    if frauds == len(labelled):
        raise TrainingError(f"nothing but fraud: the column {column!r} has no legitimate row ({len(labelled)})")


def _check_both_classes(label: Array, part: str, note: str) -> None:
    frauds = int(label.sum())
    if len(label) == 0:
        raise TrainingError(f"too few rows: there are none in {part}{note}")
    if frauds in (0, len(label)):
        only = "no fraud" if frauds == 0 else "nothing but fraud"
        raise TrainingError(f"one class only: {part} has {only} among its {len(label)} rows{note}")
