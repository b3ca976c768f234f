"""Day by day: what a team that can look at k alerts a day would have found."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from model.schema import Schema
from model.training.columns import Array
from model.training.evaluation.figures import rounded, share

DAY = 86_400_000_000  # microseconds
MOST_DAYS = 92  # listed; the means are of all
PAYER = re.compile(r"card|cc_?num|pan$|customer|account|client|user|member", re.IGNORECASE)


@dataclass(frozen=True)
class Days:
    """Day `day[d]` has the rows `order[first[d] : first[d + 1]]`, the highest score first."""

    order: Array
    day: Array
    first: Array


def judge_days(
    schema: Schema, time: Array, label: Array, probability: Array, values: dict[str, Array]
) -> dict[str, Any]:
    """Precision and recall of the k highest scores of each UTC day (k is the schema's alerts_per_day).

    Precision top-k and Card Precision top-k are those of the Fraud Detection Handbook (chapter 4, Precision top-k
    metrics), but for one thing: a day of fewer than k is divided by what it has."""
    budget = schema.alerts_per_day
    days = by_day(time, probability)
    listed: list[dict[str, Any]] = []
    for at, day in enumerate(days.day.tolist()):
        rows = days.order[days.first[at] : days.first[at + 1]]
        fraud, alerts = int(label[rows].sum()), min(budget, len(rows))
        caught = int(label[rows[:alerts]].sum())
        listed.append(
            {
                "day": datetime.fromtimestamp(day * 86_400, UTC).date().isoformat(),
                "rows": len(rows),
                "fraud": fraud,
                "alerts": alerts,
                "fraud_in_alerts": caught,
                "precision": share(caught, alerts),
                "recall": share(caught, fraud),
            }
        )
    found: dict[str, Any] = {
        "alerts_per_day": budget,
        "days": len(listed),
        "mean_precision": rounded(statistics.fmean([day["precision"] for day in listed])),
        "mean_recall": rounded(statistics.fmean([day["recall"] for day in listed if day["fraud"]])),
        "by_day": listed[-MOST_DAYS:],
    }
    payer = payer_of(schema)
    if payer:
        found["card_precision"] = {
            "entity": payer,
            "mean": rounded(statistics.fmean(card_precisions(days, label, values[payer], budget))),
        }
    return found


def by_day(time: Array, probability: Array) -> Days:
    day = time // DAY
    order = np.lexsort((-probability, day))  # equal scores keep the order of the files
    found, first = np.unique(day[order], return_index=True)
    return Days(order, found, np.append(first, len(time)))


def payer_of(schema: Schema) -> str | None:
    """The entity that an alert is about: the first that is called a card, else a customer or account."""
    names = [field.name for field in schema.fields if field.role == "entity" and PAYER.search(field.name)]
    cards = [name for name in names if re.search(r"card|cc_?num|pan$", name, re.IGNORECASE)]
    return next(iter(cards + names), None)


def card_precisions(days: Days, label: Array, card: Array, budget: int) -> list[float]:
    """Card Precision top-k of each day: cards ranked by their highest score of the day, compromised if any of their
    transactions of the day is fraud; one that was found is blocked, and so left out of the days that follow."""
    found = np.zeros(int(card.max(initial=-1)) + 1, dtype=bool)
    precisions = []
    for at in range(len(days.day)):
        rows = days.order[days.first[at] : days.first[at + 1]]
        rows = rows[card[rows] >= 0]
        rows = rows[~found[card[rows]]]
        cards, highest = np.unique(card[rows], return_index=True)  # rows fall in score: a card's first is its highest
        compromised = np.zeros(len(found), dtype=bool)
        compromised[card[rows[label[rows] == 1]]] = True
        alerts = cards[np.argsort(highest)][:budget]
        hits = alerts[compromised[alerts]]
        found[hits] = True
        precisions.append(len(hits) / len(alerts) if len(alerts) else 0.0)
    return precisions
