"""The model that is shipped: fitted anew on all that has a settled label, once the hold-out was judged without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.schema import Schema
from model.training import fitting, matrix
from model.training.columns import Array
from model.training.fitting import Fitted, Lesson
from model.training.split import Split
from model.training.table import Table

Categories = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Shipped:
    booster: Any
    categories: Categories
    learned: Array  # positions in the table


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
    everything = Lesson(rows[parts.mature], table.label[parts.mature], lesson.names, lesson.directions)
    return Shipped(fitting.refit(fitted, everything, threads), categories, parts.mature)
