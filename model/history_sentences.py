"""What a history feature says, in words that need no explanation: "the terminal had 3 known frauds in 30 days"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from model.features import Feature
from model.history_names import HistoryFeature, shorts
from model.schema import Schema

UNITS = {"d": "day", "h": "hour", "m": "minute"}
Fact = Callable[["Said", float], str]


class Said:
    """The words of one feature: who it is about, which amount, how long back."""

    def __init__(self, schema: Schema, told: HistoryFeature) -> None:
        self._schema = schema
        self.who = f"the {self._noun(told.entity)}"
        self.amount = self._noun(told.amount) if told.amount else ""
        self.period = window(told.window) if told.window else ""
        self.last = f"the last {self.period.removeprefix('1 ')}"
        self.partner = self._noun(told.partner) if told.partner else ""

    def _noun(self, name: str) -> str:
        """An id in capitals is no word: CUSTOMER_ID is the customer."""
        described = self._schema.by_name[name].description
        return described.removeprefix("the ") if described else word(name)


def fact(schema: Schema, told: HistoryFeature, features: Mapping[str, Feature]) -> str:
    said, value = Said(schema, told), features[told.name]
    if isinstance(value, int | float):
        known = FACTS.get(told.kind)
        return known(said, value) if known else f"{word(told.name)} is {number(value)}"
    return _unknown(schema, told, said, features)


def _unknown(schema: Schema, told: HistoryFeature, said: Said, features: Mapping[str, Feature]) -> str:
    """Why there is no value: who or what is missing, was never seen, or has done too little."""
    siblings = [name for name, other in schema.history_plan.by_name.items() if other.entity == told.entity]
    count = next((features.get(name) for name in siblings if schema.history_plan.by_name[name].kind == "count"), None)
    if told.partner:
        return f"{said.who} or the {said.partner} is missing"
    if count is None:
        return f"{said.who} is missing"
    if told.amount and features.get(told.amount, 0) is None:
        return f"{said.amount} is missing"
    known = next((features.get(name) for name in siblings if schema.history_plan.by_name[name].kind == "known"), 0)
    if known is None:
        return f"{said.who} was never seen before"
    if told.kind in ("fraud_amount", "since_fraud", "since_first_fraud"):
        return _frauds(said, 0)
    if told.kind in ("risk", "frauds"):
        return f"{said.who} has no transactions in {said.period} of which it is known by now whether they were fraud"
    if told.amount:
        return f"{said.who} has too few earlier transactions in {said.period} to compare {said.amount} with"
    return f"nothing is known of {said.who} by {word(told.name)}"


def _count(said: Said, value: float) -> str:
    return f"{said.who} had {_many(value, 'other transaction')} in {said.last}"


def _sum(said: Said, value: float) -> str:
    if value == 0:
        return f"{said.who} had no other {said.amount} in {said.last}"
    return f"{said.who}'s other transactions in {said.last} come to {money(value)} ({said.amount})"


def _mean(said: Said, value: float) -> str:
    return f"{said.who}'s usual {said.amount} in {said.last} is {money(value)}"


def _ratio(said: Said, value: float) -> str:
    return f"{said.amount} is {number(value)} times {said.who}'s usual in {said.last}"


def _spread(said: Said, value: float) -> str:
    away = f"{number(abs(value))} times the usual spread {'above' if value > 0 else 'below'}"
    if abs(value) < 1:
        return f"{said.amount} is within {said.who}'s usual range ({away} its middle)"
    return f"{said.amount} is {away} {said.who}'s usual"


def _since_last(said: Said, value: float) -> str:
    if value < 1:
        return f"{said.who} had another transaction at the same moment"
    return f"{said.who}'s last transaction was {duration(value)} before"


def _known(said: Said, value: float) -> str:
    return f"{said.who} was first seen {duration(value)} before"


def _risk(said: Said, value: float) -> str:
    share = "none" if value == 0 else f"{number(100 * value)} %"
    return f"{share} of {said.who}'s transactions in {said.period} were fraud, as far as is known"


def _fraud_amount(said: Said, value: float) -> str:
    return f"{said.who}'s known frauds in {said.period} had a usual {said.amount} of {money(value)}"


def _frauds(said: Said, value: float) -> str:
    return f"{said.who} had {_many(value, 'known fraud')} in {said.period}"


def _since_fraud(said: Said, value: float) -> str:
    return f"{said.who}'s last known fraud was {duration(value)} before"


def _since_first_fraud(said: Said, value: float) -> str:
    return f"{said.who}'s first known fraud in {said.period} was {duration(value)} before"


def _new(said: Said, value: float) -> str:
    return f"{said.who} and the {said.partner} were {'never ' if value else ''}seen together before"


def _distinct(said: Said, value: float) -> str:
    if value == 0:
        return f"{said.who} was seen with no {said.partner} before"
    return f"{said.who} was seen with {_many(value, f'different {said.partner}')} lately"


FACTS: dict[str, Fact] = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "ratio": _ratio,
    "spread": _spread,
    "since_last": _since_last,
    "known": _known,
    "risk": _risk,
    "fraud_amount": _fraud_amount,
    "frauds": _frauds,
    "since_fraud": _since_fraud,
    "since_first_fraud": _since_first_fraud,
    "new": _new,
    "distinct": _distinct,
}


@cache
def word(name: str) -> str:
    spaced = shorts([name])[name].replace("_", " ").strip()
    return re.sub(r"\bip\b", "IP", spaced.lower() if spaced.isupper() else spaced, flags=re.IGNORECASE)


def window(text: str) -> str:
    """7d is `7 days`."""
    return _many(int(text[:-1]), UNITS[text[-1]])


def duration(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    for limit, length, unit in ((90, 1, "second"), (90 * 60, 60, "minute"), (36 * 3600, 3600, "hour")):
        if seconds < limit:
            return _many(round(seconds / length), unit)
    return _many(round(seconds / 86_400), "day")


def number(value: float) -> str:
    """As many digits as matter."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 10 else f"{value:.1f}" if size >= 1 else f"{value:.2f}"


def money(value: float) -> str:
    return f"{value:,.2f}"


def _many(count: float, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    plural = re.sub(r"(?<=[^aeiou])y$", "ie", what) + ("es" if re.search(r"(s|x|ch|sh)$", what) else "s")
    return f"{count:,.0f} {plural}" if count else f"no {plural}"
