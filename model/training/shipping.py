"""The model that is shipped: fitted anew on all that has a settled label, once the hold-out was judged without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.schema import Schema
from model.training import fitting, matrix
from model.training.columns import Array
from model.training.fitting import Fitted, Lesson
from model.training.split import Split, part
from model.training.table import Table

Categories = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Shipped:
    booster: Any
    categories: Categories
    learned: Array  # positions in the table


def learned_by(
    until: int, table: Table, parts: Split, rows: Array, judged: tuple[Fitted, Lesson], threads: int
) -> Array:
    """What the same recipe says of the hold-out if it may learn from all settled rows up to this moment."""
    fitted, lesson = judged
    known = parts.mature[table.time[parts.mature] <= until]
    known_by_then = Lesson(part(rows, known), table.label[known], lesson.names, lesson.directions)
    booster = fitting.refit(fitted, known_by_then, threads)
    return fitting.predict(booster, part(rows, parts.holdout), fitted.calibration)


def ship(
    schema: Schema, table: Table, parts: Split, rows: Array, judged: tuple[Fitted, Lesson, Categories], threads: int
) -> Shipped:
    """The newest fraud is the likeliest to come again, so it must not be left out; rounds, calibration and thresholds
    stay those that were judged. The categories in `rows` are encoded anew, in place."""
    fitted, lesson, categories = judged
    if not fitted.options.refit:
        return Shipped(fitted.booster, categories, parts.fitting)
    categories = matrix.learn_categories(schema, table, parts.mature)
    matrix.fill_present(schema, table, categories, rows)
    everything = Lesson(part(rows, parts.mature), table.label[parts.mature], lesson.names, lesson.directions)
    return Shipped(fitting.refit(fitted, everything, threads), categories, parts.mature)
