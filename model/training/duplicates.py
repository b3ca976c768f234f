"""Finds transactions that occur more than once: copies are dropped, contradictions are set aside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.training.columns import Array
from model.training.problems import Rejections
from model.training.table import UNLABELLED, Table


def without_duplicates(table: Table, id_name: str, rejected: Rejections) -> tuple[Table, int]:
    """The table with each id once, and how many copies were dropped.

    A copy may add the label: the same row exported again once the label was known gives it to the first.
    """
    group = table.ids.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first_of_group = np.unique(group, return_index=True)
    first = first_of_group[group]  # of each row: the first row with its id
    if len(first_of_group) == len(table):
        return table, 0
    equal = _same_content(table, first)
    label, known = _merged_labels(table, first, equal)
    equal &= (table.label == UNLABELLED) | (table.label == label[first])
    later = first != np.arange(len(table))
    for at in np.flatnonzero(later & ~equal):
        rejected.add(
            table.files[table.file[at]],
            int(table.row[at]),
            id_name,
            f"is the id of another transaction already: {table.place(int(first[at]))}",
        )
    return replace(table, label=label, known=known).take(~later), int((later & equal).sum())


def _same_content(table: Table, first: Array) -> Array:
    """Which rows say the same as the first row with their id, whatever their labels."""
    same: Array = table.time == table.time[first]
    for values in table.values.values():
        same &= (values == values[first]) | ((values != values) & (values[first] != values[first]))  # NaN is NaN
    return same


def _merged_labels(table: Table, first: Array, equal: Array) -> tuple[Array, Array]:
    """Labels in which each first row has the earliest label that it or one of its copies carries, and since when."""
    label, known = table.label.copy(), table.known.copy()
    labelled = np.flatnonzero(equal & (label != UNLABELLED))
    _, earliest = np.unique(first[labelled], return_index=True)
    to, source = first[labelled[earliest]], labelled[earliest]
    label[to], known[to] = table.label[source], table.known[source]
    return label, known
