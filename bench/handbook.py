"""The way in which the Fraud Detection Handbook judges models (Le Borgne, Siblini, Lebichot, Bontempi), from its text:
which test transactions count, Card Precision top-k, and its own fifteen features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

DAY = pd.Timedelta(days=1)
DAYS = 7  # of training, of the label delay and of the test, each
WINDOWS = (1, 7, 30)  # days
CARDS_A_DAY = 100
HIGHEST_USUAL = 220  # no honest payment of the simulation is above it
FAR = 3  # standard deviations
RANDOM_ORDERS = 20
MICROSECONDS_A_DAY = 86_400_000_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fold:
    """Seven days of training, seven until their labels are known, seven of test."""

    start: pd.Timestamp

    def training(self, payments: pd.DataFrame) -> pd.DataFrame:
        return between(payments, self.start, self.start + DAYS * DAY)

    def until_known(self, payments: pd.DataFrame) -> pd.DataFrame:
        """All that happened until the test begins."""
        return payments[payments["TX_DATETIME"] < self.start + 2 * DAYS * DAY]

    def test(self, payments: pd.DataFrame) -> pd.DataFrame:
        first = self.start + 2 * DAYS * DAY
        return between(payments, first, first + DAYS * DAY)

    def judged(self, payments: pd.DataFrame) -> pd.DataFrame:
        """The test without the cards that were known to be compromised on each of its days: those with fraud in the
        training, and up to as many days later as the test has gone on."""
        known = set(defrauded(self.training(payments)))
        kept = []
        for day in range(DAYS):
            latest = self.start + (DAYS + day - 1) * DAY
            known |= set(defrauded(between(payments, latest, latest + DAY)))
            first = self.start + (2 * DAYS + day) * DAY
            today = between(payments, first, first + DAY)
            kept.append(today[~today["CUSTOMER_ID"].isin(known)])
        return pd.concat(kept)


def between(payments: pd.DataFrame, first: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return payments[(payments["TX_DATETIME"] >= first) & (payments["TX_DATETIME"] < end)]


def defrauded(payments: pd.DataFrame) -> Array:
    found: Array = payments.loc[payments["TX_FRAUD"] == 1, "CUSTOMER_ID"].unique()
    return found


def card_precision(judged: pd.DataFrame, probability: Array) -> float:
    """Of the hundred cards of highest score of each day the share with fraud that day. A card that was found is left
    out on later days. The mean over the days."""
    days = judged.assign(p=probability, day=judged["TX_DATETIME"].dt.floor("D"))
    found: set[object] = set()
    precisions = []
    for _, today in days[["day", "CUSTOMER_ID", "p", "TX_FRAUD"]].groupby("day"):
        cards = today[~today["CUSTOMER_ID"].isin(found)].groupby("CUSTOMER_ID")[["p", "TX_FRAUD"]].max()
        highest = cards.sort_values("p", ascending=False, kind="stable").head(CARDS_A_DAY)
        hits = highest[highest["TX_FRAUD"] == 1]
        found |= set(hits.index)
        precisions.append(len(hits) / CARDS_A_DAY)
    return float(np.mean(precisions))


def knowable(payments: pd.DataFrame, judged: pd.DataFrame) -> dict[str, float]:
    """What a judge would reach who knows every fraud that can be told from the rest before its label is known, and
    nothing of the others: in this simulation amounts above 220, amounts far above the customer's usual, and terminals
    with a known fraud in the 30 days that ended a week ago. All other frauds are at terminals that were compromised
    within the last week, where payments look like any others. Mean and deviation over random orders of those."""
    label = judged["TX_FRAUD"].to_numpy()
    spent = payments[payments["TX_DATETIME"] < judged["TX_DATETIME"].min()].groupby("CUSTOMER_ID")["TX_AMOUNT"]
    usual, spread = (judged["CUSTOMER_ID"].map(of).to_numpy() for of in (spent.mean(), spent.std()))
    amount = judged["TX_AMOUNT"].to_numpy()
    frauds = _Past(payments, "TERMINAL_ID")
    (_, young), (_, all_) = (frauds.within(days, payments["TX_FRAUD"]) for days in (DAYS, DAYS + WINDOWS[-1]))
    known = pd.Series(all_ - young, payments.index)[judged.index].to_numpy() > 0
    found = label * ((amount > HIGHEST_USUAL) | (amount > usual + FAR * spread) | known)
    random = np.random.default_rng(1)
    orders = [found + random.random(len(found)) / 2 for _ in range(RANDOM_ORDERS)]
    figures = {
        "roc_auc": [roc_auc_score(label, order) for order in orders],
        "average_precision": [average_precision_score(label, order) for order in orders],
        "card_precision_at_100": [card_precision(judged, order) for order in orders],
    }
    return {
        name + ending: float(of(values))
        for name, values in figures.items()
        for ending, of in (("", np.mean), ("_deviation", np.std))
    }


def with_its_features(payments: pd.DataFrame) -> pd.DataFrame:
    """Its fifteen inputs. Windows hold the transaction itself; a terminal's end a week before it, for the labels."""
    moment = payments["TX_DATETIME"]
    made = {
        "TX_DURING_WEEKEND": (moment.dt.weekday >= 5).astype(int),
        "TX_DURING_NIGHT": (moment.dt.hour <= 6).astype(int),
    }
    customer, terminal = (_Past(payments, entity) for entity in ("CUSTOMER_ID", "TERMINAL_ID"))
    cents = (payments["TX_AMOUNT"] * 100).round().astype(np.int64)
    for days in WINDOWS:
        count, total = customer.within(days, cents)
        made[f"CUSTOMER_ID_NB_TX_{days}DAY_WINDOW"] = count
        made[f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW"] = total / 100 / count
    for days in WINDOWS:
        (young, young_frauds), (all_, frauds) = (
            terminal.within(span, payments["TX_FRAUD"]) for span in (DAYS, DAYS + days)
        )
        made[f"TERMINAL_ID_NB_TX_{days}DAY_WINDOW"] = all_ - young
        made[f"TERMINAL_ID_RISK_{days}DAY_WINDOW"] = (frauds - young_frauds) / np.maximum(all_ - young, 1)
    return payments.assign(**made)


class _Past:
    """The earlier transactions of each transaction's entity, and itself."""

    def __init__(self, payments: pd.DataFrame, entity: str) -> None:
        time = payments["TX_DATETIME"].to_numpy("datetime64[us]").astype(np.int64)
        code = pd.factorize(payments[entity])[0].astype(np.int64)
        self._order = np.lexsort((time, code))
        time, code = time[self._order] - time.min(), code[self._order]
        self._span = int(time.max()) + 1
        self._time, self._begin = time, code * self._span
        self._key = self._begin + time

    def within(self, days: int, values: pd.Series[Any]) -> tuple[Array, Array]:
        """How many there are in so many days up to each transaction, and the sum of their values."""
        before = np.concatenate([[0], np.cumsum(values.to_numpy()[self._order])])
        oldest = np.maximum(self._time - days * MICROSECONDS_A_DAY + 1, 0)
        first = np.searchsorted(self._key, self._begin + oldest)
        last = np.arange(1, len(self._key) + 1)
        count, total = np.empty(len(last), np.int64), np.empty(len(last), np.int64)
        count[self._order], total[self._order] = last - first, before[last] - before[first]
        return count, total
