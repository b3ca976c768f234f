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
    rows = np.arange(len(table))
    first = first_of_id(table, rows)
    later = first != rows
    if not later.any():
        return table, 0
    equal = same_content(table, first)
    label, known = _merged_labels(table, first, equal)
    equal &= (table.label == UNLABELLED) | (table.label == label[first])
    reject(table, first, np.flatnonzero(later & ~equal), id_name, rejected)
    return replace(table, label=label, known=known).take(~later), int((later & equal).sum())


def first_of_id(table: Table, by_rank: Array) -> Array:
    """Of each row: the row with its id that comes first among the rows as they are given."""
    group = table.ids.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, rank = np.unique(group[by_rank], return_index=True)
    first: Array = by_rank[rank][group]
    return first


def reject(table: Table, first: Array, contradicting: Array, id_name: str, rejected: Rejections) -> None:
    for at in contradicting:
        place = table.place(int(first[at]))
        reason = f"is the id of another transaction already: {place}"
        rejected.add(table.files[table.file[at]], int(table.row[at]), id_name, reason)


def same_content(table: Table, first: Array) -> Array:
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
