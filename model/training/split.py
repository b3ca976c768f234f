"""Cuts the labelled rows by time: what is fitted on is older than what is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from model.schema import Schema
from model.training.columns import Array
from model.training.problems import TrainingError
from model.training.table import UNLABELLED, Table

FEWEST_ROWS = 100  # below this no figure means anything
MICROSECOND = timedelta(microseconds=1)
VALIDATION_SHARE = 0.2  # of the fitting period, its latest part: decides when to stop, so that the hold-out need not


@dataclass(frozen=True)
class Split:
    """Positions in the table. `waiting` are rows so close to the hold-out that their labels were not known yet then;
    `immature` those so close to the end of the data that theirs are not to be trusted yet; `mature` all others that
    have a label."""

    fitting: Array
    holdout: Array
    waiting: Array
    immature: Array

    @property
    def mature(self) -> Array:
        return np.concatenate([self.fitting, self.waiting, self.holdout])


def split(schema: Schema, table: Table) -> Split:
    labelled = np.flatnonzero(table.label != UNLABELLED)
    _check_labels(schema, table, labelled)
    delay = schema.label_delay // MICROSECOND
    mature, immature = _by_maturity(table, labelled, delay)
    if len(immature):
        left_out = f"the rows older than the label delay; {len(immature)} younger ones were left out"
        _check_both_classes(table.label[mature], left_out, "")
    time = table.time[mature]
    cut = _cut(time, schema.holdout)
    known_until = cut - delay
    parts = Split(
        fitting=mature[time < known_until],
        holdout=mature[time >= cut],
        waiting=mature[(time >= known_until) & (time < cut)],
        immature=immature,
    )
    note = f", after leaving out {len(parts.waiting)} rows of the label delay" if len(parts.waiting) else ""
    _check_both_classes(table.label[parts.fitting], "the fitting period", note)
    _check_both_classes(table.label[parts.holdout], "the hold-out (the latest rows)", "")
    return parts


def validation(time: Array) -> tuple[Array, Array]:
    """Of the fitting rows: which to fit on and which to watch while fitting."""
    cut = _cut(time, VALIDATION_SHARE)
    return np.flatnonzero(time < cut), np.flatnonzero(time >= cut)


def part(rows: Array, chosen: Array) -> Array:
    """The chosen rows; where they stand together, as in Table.labelled_first, they are not copied."""
    if len(chosen) and bool((np.diff(chosen) == 1).all()):
        return rows[chosen[0] : chosen[-1] + 1]
    return rows[chosen]


def _by_maturity(table: Table, labelled: Array, delay: int) -> tuple[Array, Array]:
    """A transaction of the last days is called legitimate because nobody has complained yet. Its frauds are no help
    either: alone they would make the last days look like nothing but fraud."""
    old_enough = table.time[labelled] <= int(table.time.max()) - delay
    return labelled[old_enough], labelled[~old_enough]


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
