"""Who takes part in each row: the codes of a field, where spellings that name the same one share a code."""

from __future__ import annotations

import numpy as np

from model.remembered import Entity
from model.training.columns import Array
from model.training.table import Table


def codes(table: Table, entity: Entity) -> Array:
    """-1 where there is none."""
    found: Array = table.values[entity.field]
    first: dict[str, int] = {}
    vocabulary = table.vocabularies[entity.field]
    if not entity.lower or len({entity.identity(value) for value in vocabulary}) == len(vocabulary):
        return found
    shared = [first.setdefault(entity.identity(value), at) for at, value in enumerate(vocabulary)]
    return np.array([*shared, -1], dtype=np.int32)[found]
