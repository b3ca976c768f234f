"""History features of whole tables: the fast twin of model/history.py, proved equal by tests.

The events of one entity after the other, in order: then a window is a stretch of rows, a sum over it the difference of
two running totals, and a label that becomes known a step up and down in the entity's later rows."""

from __future__ import annotations

import numpy as np

from model.remembered import Entity
from model.training.columns import Array
from model.training.lookback.ends import states
from model.training.lookback.entities import codes
from model.training.lookback.order import blocks, in_time, per_entity
from model.training.lookback.pairs import meetings
from model.training.lookback.parts import write
from model.training.lookback.past import columns
from model.training.table import Table
from model.windows import Plan

__all__ = ["features", "fill", "states", "write"]


def features(plan: Plan, table: Table) -> Array:
    """A float32 column for each of the plan's names. All rows take part, with a label or without."""
    filled = np.empty((len(table), len(plan.names)), dtype=np.float32)
    fill(plan, table, filled)
    return filled


def fill(plan: Plan, table: Table, filled: Array) -> None:
    """Writes the features of all rows into the columns given."""
    by_time = in_time(table)
    code = {entity.field: codes(table, entity) for entity in plan.entities}
    for entity in plan.entities:
        own, (first, end) = code[entity.field], _columns_of(plan, entity)
        of_pairs = _columns_of_pairs(plan, entity)
        nobody = np.flatnonzero(own < 0)
        filled[nobody, first:end] = np.nan
        for at, _, _ in of_pairs:
            filled[nobody, at] = np.nan
        for block in blocks(per_entity(own, by_time), own, table.time, plan.memory):
            of_block = np.empty((len(block), end - first), dtype=np.float32)
            for at, column in enumerate(columns(plan, table, block)):
                of_block[:, at] = column
            filled[block.rows, first:end] = of_block
            met = {partner: meetings(block, code[partner][block.rows], plan.epoch) for _, _, partner in of_pairs}
            for at, kind, partner in of_pairs:
                filled[block.rows, at] = met[partner].new if kind == "new" else met[partner].distinct


def _columns_of(plan: Plan, entity: Entity) -> tuple[int, int]:
    """Where the features of the entity alone begin and end; they stand together."""
    found = [at for at, one in enumerate(plan.features) if one.entity == entity.field and not one.partner]
    return found[0], found[-1] + 1


def _columns_of_pairs(plan: Plan, entity: Entity) -> list[tuple[int, str, str]]:
    """Column, kind and partner of the entity's features of pairs."""
    features = enumerate(plan.features)
    return [(at, one.kind, one.partner) for at, one in features if one.partner and one.entity == entity.field]
