"""The transactions to be scored and the earlier ones that are their history, on one timeline, each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.schema import Schema
from model.training import duplicates
from model.training.columns import Array
from model.training.problems import Rejections
from model.training.table import Table, read_files

Files = Sequence[tuple[str, Path]]


def read(schema: Schema, data: Files, history: Files, rejected: Rejections) -> tuple[Table, Array]:
    """The timeline, and where the rows of the data stand in it, in their order in the files.

    Of rows with one id, the first of the data is taken: a transaction counts once, however often it is told.
    """
    earlier = history if schema.history_plan.entities else ()
    table = read_files(schema, [*earlier, *data], rejected, labelled=False)
    rejected.enforce(schema.rejected_rows_limit, len(table) + len(rejected.rows))
    asked = np.flatnonzero(table.file >= len(earlier))
    by_rank = np.concatenate([asked, np.flatnonzero(table.file < len(earlier))])
    first = duplicates.first_of_id(table, by_rank)
    contradicting = asked[~duplicates.same_content(table, first)[asked]]
    duplicates.reject(table, first, contradicting, schema.id_column or "transaction_id", rejected)
    kept = np.unique(first)
    answered = np.setdiff1d(asked, contradicting, assume_unique=True)
    return table.take(kept), np.searchsorted(kept, first[answered])
