"""Where the model is strong and where it is weak: the same figures for parts of the hold-out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model.training.columns import Array
from model.training.evaluation.figures import share
from model.training.evaluation.holdout import Holdout
from model.training.evaluation.money import amount_field

MOST_VALUES = 8  # of a category; the others are taken together
QUARTILES = (0.25, 0.5, 0.75)
DAY = 86_400.0
ACQUAINTANCE = (
    ("first seen less than a day before", -np.inf, DAY),
    ("first seen 1 to 7 days before", DAY, 7 * DAY),
    ("first seen 7 or more days before", 7 * DAY, np.inf),
)
Segment = tuple[str, str, Array]  # field, part, mask


def judge_segments(holdout: Holdout, flagged: Array) -> list[dict[str, Any]]:
    """Amount bands, the commonest values of each category feature, new and known entities; empty parts are left out."""
    fraud = holdout.table.label == 1
    found = []
    for field, part, mask in _segments(holdout):
        rows, frauds = int(mask.sum()), int((mask & fraud).sum())
        if rows:
            caught, stopped = int((mask & fraud & flagged).sum()), int((mask & ~fraud & flagged).sum())
            found.append(
                {
                    "field": field,
                    "part": part,
                    "rows": rows,
                    "fraud": frauds,
                    "recall": share(caught, frauds),
                    "false_positive_rate": share(stopped, rows - frauds),
                }
            )
    return found


def _segments(holdout: Holdout) -> Iterator[Segment]:
    schema, table = holdout.schema, holdout.table
    amount = amount_field(schema)
    if amount:
        for part, mask in bands(table.values[amount]):
            yield amount, part, mask
    for at, name in enumerate(holdout.names):
        if name in holdout.categories:
            for part, mask in commonest(holdout.rows[:, at], holdout.categories[name]):
                yield name, part, mask
    remembered = {told.entity: told.name for told in schema.history_plan.features if told.kind == "known"}
    for field in schema.fields:
        if field.name in remembered:
            seconds_known = holdout.rows[:, holdout.names.index(remembered[field.name])]
            for part, mask in acquaintance(table.values[field.name] >= 0, seconds_known):
                yield field.name, part, mask
        elif field.role == "entity":
            for part, mask in newness(holdout.fitted_on.values[field.name], table.values[field.name]):
                yield field.name, part, mask


def bands(amount: Array) -> Iterator[tuple[str, Array]]:
    """Quartiles of the hold-out's amounts; equal amounts stay together."""
    present = amount[~np.isnan(amount)]
    edges = np.unique(np.quantile(present, QUARTILES, method="lower")).tolist() if len(present) else []
    low = -np.inf
    for edge in edges:
        yield f"{'up' if low == -np.inf else f'above {low:,.2f}, up'} to {edge:,.2f}", (amount > low) & (amount <= edge)
        low = edge
    if edges:
        yield f"above {low:,.2f}", amount > low
    yield "missing", np.isnan(amount)


def commonest(codes: Array, values: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    """NaN is a value too rare in fitting, never seen there, or missing: the trees cannot tell them apart either."""
    counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=len(values))
    listed = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    for code in listed.tolist():
        yield values[code], codes == code
    yield "all others", ~np.isnan(codes) & ~np.isin(codes, listed)
    yield "rare, new or missing", np.isnan(codes)


def acquaintance(present: Array, seconds_known: Array) -> Iterator[tuple[str, Array]]:
    """By the moment when the history first saw the entity, as the scoring of a transaction knows it."""
    never = np.isnan(seconds_known)
    yield "never seen before", present & never
    for part, low, high in ACQUAINTANCE:
        yield part, present & (seconds_known >= low) & (seconds_known < high)
    yield "missing", ~present


def newness(fitted_on: Array, judged_on: Array) -> Iterator[tuple[str, Array]]:
    known = np.isin(judged_on, fitted_on[fitted_on >= 0]) & (judged_on >= 0)
    yield "seen in fitting", known
    yield "never seen in fitting", ~known & (judged_on >= 0)
    yield "missing", judged_on < 0
