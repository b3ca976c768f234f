"""What decisions cost by the schema's prices, and the thresholds at which they cost least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.costs import Costs
from model.schema import Schema
from model.training.columns import Array
from model.training.evaluation.money import amount_field
from model.training.table import Table


@dataclass(frozen=True)
class Prices:
    """`missed` is what each transaction costs if it is a fraud and passes."""

    costs: Costs
    missed: Array


def prices(schema: Schema, table: Table) -> Prices | None:
    """None where the schema names no costs."""
    if schema.costs is None:
        return None
    name = amount_field(schema)
    if schema.costs.missed_fraud is None and name:
        return Prices(schema.costs, loss(table.values[name]))
    return Prices(schema.costs, np.full(len(table), schema.costs.missed_fraud or 0.0))


def loss(amount: Array) -> Array:
    """What is lost with a fraud of each amount: of a refund or a missing amount nothing."""
    lost: Array = np.maximum(np.nan_to_num(amount), 0.0)
    return lost


def cheapest(label: Array, probability: Array, found: Prices) -> tuple[float, float]:
    """From where on to review and from where on to block so that all decisions together cost least.

    A review finds out, whatever the transaction; to block costs something only if the customer is good. Every pair of
    thresholds is weighed: the saving of reviewing from one on and that of blocking from the other on add up."""
    order = np.argsort(-probability, kind="stable")
    ranked, fraud = probability[order], label[order] == 1
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # equal probabilities are decided alike
    rows, good = _up_to(last, np.ones(len(ranked))), _up_to(last, ~fraud)
    reviewing = found.costs.review * rows - _up_to(last, found.missed[order] * fraud)
    blocking = found.costs.good_customer_blocked * good - found.costs.review * rows
    if ranked[0] >= 1:
        blocking[0] = np.inf  # no threshold is above 1, so what is given 1 cannot pass
    best_block = np.minimum.accumulate(blocking)  # among the thresholds not below that of the review
    review = int(np.argmin(reviewing + best_block))
    block = int(np.argmin(blocking[: review + 1]))
    cuts = np.append(ranked[last], 0.0)
    return _between(cuts, review), _between(cuts, block)


def judge_costs(
    label: Array, probability: Array, found: Prices, review_from: float, block_from: float
) -> dict[str, Any]:
    """The bill of the hold-out at two thresholds, by what it is for."""
    fraud, flagged, blocked = label == 1, probability >= review_from, probability >= block_from
    bill = {
        "missed_fraud": float(found.missed[fraud & ~flagged].sum()),
        "reviews": float((flagged & ~blocked).sum() * found.costs.review),
        "good_customers_blocked": float((blocked & ~fraud).sum() * found.costs.good_customer_blocked),
    }
    return {name: round(cost, 2) for name, cost in (bill | {"total": sum(bill.values())}).items()}


def _up_to(last: Array, values: Array) -> Array:
    """Sums over what is flagged when nothing is, then when the first run of equal probabilities is, and so on."""
    sums: Array = np.append(0.0, np.cumsum(values)[last])
    return sums


def _between(cuts: Array, flagged: int) -> float:
    """A threshold that flags just the first so many runs; `cuts` fall and end with 0."""
    if flagged == len(cuts) - 1:
        return 0.0
    high, low = float(cuts[flagged - 1]) if flagged else 1.0, float(cuts[flagged])
    middle = (low + high) / 2
    return middle if middle > low else high
