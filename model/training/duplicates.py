"""Finds transactions that occur more than once: copies are dropped, contradictions are set aside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.training.columns import Array
from model.training.problems import Rejections
from model.training.table import UNLABELLED, Table


def without_duplicates(table: Table, id_name: str, rejected: Rejections) -> tuple[Table, int]:
    """The table with each id once, and how many equal copies were dropped.

    A copy that only adds the label (the same row exported again, once the label was known) gives it to the first.
    """
    codes = table.ids.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    same = np.flatnonzero(codes[order][1:] == codes[order][:-1])
    if len(same) == 0:
        return table, 0
    keep = np.ones(len(table), dtype=bool)
    label = table.label.copy()
    copies = 0
    first_of: dict[int, int] = {}
    for at in same:
        first = first_of.setdefault(int(codes[order[at]]), int(order[at]))
        later = int(order[at + 1])
        keep[later] = False
        if _equal(table, label, first, later):
            copies += 1
            label[first] = max(label[first], label[later])
        else:
            rejected.add(
                table.files[table.file[later]],
                int(table.row[later]),
                id_name,
                f"is the id of another transaction already: {table.place(first)}",
            )
    return replace(table, label=label).take(keep), copies


def _equal(table: Table, label: Array, first: int, later: int) -> bool:
    if label[first] != label[later] and UNLABELLED not in (label[first], label[later]):
        return False
    if table.time[first] != table.time[later]:
        return False
    return all(np.array_equal(values[first], values[later], equal_nan=True) for values in table.values.values())
