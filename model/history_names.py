"""The names of the history features, their order, and what each of them tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.remembered import Amount, Entity, Pair, Window


@dataclass(frozen=True)
class HistoryFeature:
    """`kind` is one of count, sum, mean, ratio, spread, since_last, known, risk, fraud_amount,
    frauds, since_fraud, since_first_fraud, new, distinct."""

    name: str
    kind: str
    family: str  # features of one family tell the same fact in several ways
    entity: str  # the field it is about
    amount: str | None = None
    window: str | None = None
    partner: str | None = None


def shorts(names: Sequence[str]) -> dict[str, str]:
    """Each field's name without its _id, where that names nothing else."""
    cut = {name: re.sub(r"(?<=.)_(id|ID)$", "", name) for name in names}
    taken = Counter(cut.values())
    return {name: short if taken[short] == 1 else name for name, short in cut.items()}


def features(
    entities: Sequence[Entity], amounts: Sequence[Amount], windows: Sequence[Window], pairs: Sequence[Pair]
) -> Iterator[HistoryFeature]:
    for entity in entities:
        yield from _of_entity(entity, amounts, windows)
    short = {entity.field: entity.short for entity in entities}
    for pair in pairs:
        a, b = short[pair.first], short[pair.second]
        family = f"{a}_and_{b}"
        yield HistoryFeature(f"{a}_new_{b}", "new", family, pair.first, partner=pair.second)
        yield HistoryFeature(f"{a}_distinct_{b}", "distinct", family, pair.first, partner=pair.second)
        yield HistoryFeature(f"{b}_distinct_{a}", "distinct", family, pair.second, partner=pair.first)


def _of_entity(entity: Entity, amounts: Sequence[Amount], windows: Sequence[Window]) -> Iterator[HistoryFeature]:
    e, field = entity.short, entity.field
    activity, spending, risk = f"{e}_activity", f"{e}_spending", f"{e}_fraud"
    for w in windows:
        yield HistoryFeature(f"{e}_count_{w.text}", "count", activity, field, window=w.text)
    names = [amount.field for amount in amounts]
    for a in names:
        for w in windows:
            yield HistoryFeature(f"{e}_{a}_sum_{w.text}", "sum", spending, field, a, w.text)
    for a in names:
        for w in windows:
            yield HistoryFeature(f"{e}_{a}_mean_{w.text}", "mean", spending, field, a, w.text)
    for a in names:
        for w in windows:
            yield HistoryFeature(f"{a}_vs_{e}_mean_{w.text}", "ratio", spending, field, a, w.text)
    for a in names:
        yield HistoryFeature(f"{a}_vs_{e}_spread", "spread", spending, field, a, windows[-1].text)
    yield HistoryFeature(f"{e}_seconds_since_last", "since_last", activity, field)
    yield HistoryFeature(f"{e}_seconds_known", "known", f"{e}_age", field)
    for w in windows:
        if w.risk:
            yield HistoryFeature(f"{e}_risk_{w.text}", "risk", risk, field, window=w.text)
    if windows[-1].risk:
        longest = windows[-1].text
        for a in names[:1]:
            yield HistoryFeature(f"{e}_fraud_{a}_{longest}", "fraud_amount", risk, field, a, longest)
        yield HistoryFeature(f"{e}_frauds_{longest}", "frauds", risk, field, window=longest)
        yield HistoryFeature(f"{e}_seconds_since_fraud", "since_fraud", risk, field, window=longest)
        yield HistoryFeature(f"{e}_seconds_since_first_fraud", "since_first_fraud", risk, field, window=longest)
