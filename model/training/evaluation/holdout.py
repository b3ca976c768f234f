"""What a judgement looks at."""

from __future__ import annotations

from dataclasses import dataclass

from model.schema import Schema
from model.training.columns import Array
from model.training.table import Table


@dataclass(frozen=True)
class Holdout:
    """The rows a model is judged on, beside those it was fitted on, both also as the trees take them."""

    schema: Schema
    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    fitted_on: Table
    fitted_rows: Array
    table: Table
    rows: Array
    probability: Array
