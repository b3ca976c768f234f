"""The plan of a schema's history: of which entities what is remembered, in which windows and buckets of time, and how
long. model/history.py works by it for one event, training/lookback for whole tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from model import history_names, history_schema, history_size
from model.counters import SLOTS, names
from model.document import SchemaError
from model.history_names import HistoryFeature
from model.remembered import DAY, Amount, Entity, Pair, Window

if TYPE_CHECKING:
    from model.schema import Schema

RESOLUTIONS = (12, 10, 8, 6, 5, 4, 3)  # buckets of a window: the finest that fits in the item
RISK_BUCKETS = 40  # about so many cover the longest window and the label's delay; each is a day or some days
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)  # one object per schema; plans with one id mean the same
class Plan:
    """All times are microseconds."""

    entities: tuple[Entity, ...]
    amounts: tuple[Amount, ...]
    windows: tuple[Window, ...]
    pairs: tuple[Pair, ...]
    resolution: int
    delay: int
    risk_bucket: int
    worst_bytes: int
    features: tuple[HistoryFeature, ...]

    @classmethod
    def of(cls, schema: Schema) -> Plan:
        lengths = history_schema.lengths(schema.history)
        entities = history_schema.entities(schema)
        amounts = history_schema.amounts(schema)
        pairs = history_schema.pairs(schema, entities)
        if not lengths or not entities:
            return cls((), (), (), (), RESOLUTIONS[0], 0, DAY, 0, ())
        delay = schema.label_delay // MICROSECOND
        for resolution in RESOLUTIONS:
            windows, risk_bucket = _windows(lengths, delay, resolution)
            worst = history_size.worst(entities, amounts, windows, pairs, delay, risk_bucket)
            if worst <= history_size.LARGEST_ITEM:
                features = tuple(history_names.features(entities, amounts, windows, pairs))
                return cls(entities, amounts, windows, pairs, resolution, delay, risk_bucket, worst, features)
        raise SchemaError(
            f"history: what is remembered of one entity could come to {worst} bytes, and {history_size.LARGEST_ITEM}"
            " is the limit; name fewer windows, amounts or pairs"
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @cached_property
    def by_name(self) -> Mapping[str, HistoryFeature]:
        return {feature.name: feature for feature in self.features}

    def about(self, fields: Collection[str]) -> frozenset[str]:
        """The features that are read from the states of these entities."""
        return frozenset(one.name for one in self.features if one.entity in fields)

    @cached_property
    def sensitive(self) -> frozenset[str]:
        return frozenset(entity.field for entity in self.entities if entity.sensitive)

    @cached_property
    def width(self) -> int:
        """How many features each entity has by itself."""
        return sum(feature.partner is None for feature in self.features) // max(len(self.entities), 1)

    @cached_property
    def longest(self) -> Window:
        return self.windows[-1]

    @cached_property
    def epoch(self) -> int:
        """How long a set of partners is filled; the one before it is kept too."""
        return self.longest.length

    @cached_property
    def risks(self) -> tuple[Window, ...]:
        return tuple(window for window in self.windows if window.risk)

    @cached_property
    def memory(self) -> int:
        """An entity that was silent for longer is as one never seen. No counter is in reach for longer."""
        if not self.windows:
            return 0
        return self.delay + max(self.longest.length, (self.longest.risk + 1) * self.risk_bucket)

    @cached_property
    def slot(self) -> int:
        """How exactly it is known when a fraud happened."""
        return self.risk_bucket // SLOTS

    def counters(self, moment: int) -> tuple[str, ...]:
        """Those that an event of that moment reads, in this order: events of each window; of each amount its sums and
        numbers of each window, its u and v; events of the risk buckets, frauds of these and the next one, their y."""
        return _counters(self, *self._buckets(moment)[:2])

    def reach(self, newest: int) -> frozenset[str]:
        """All counters and sets that an event of that moment or later may read."""
        return _reach(self, *self._buckets(newest), newest // self.epoch)

    def _buckets(self, moment: int) -> tuple[tuple[int, ...], int, int]:
        """That of each window, the newest one that tells of risk, and that of the day itself."""
        buckets = tuple(moment // window.bucket for window in self.windows)
        return buckets, (moment - self.delay) // self.risk_bucket - 1, moment // self.risk_bucket

    @cached_property
    def id(self) -> str:
        """Plans with the same id read each other's counters."""
        meaning = {
            "entities": [
                [entity.field, entity.lower, *(["sensitive"] if entity.sensitive else [])] for entity in self.entities
            ],
            "amounts": [[amount.field, amount.counted] for amount in self.amounts],
            "windows": [[window.length, window.bucket, window.risk] for window in self.windows],
            "pairs": [[pair.first, pair.second] for pair in self.pairs],
            "delay": self.delay,
            "risk_bucket": self.risk_bucket,
            "kinds": "nsmuvdxyp",
        }
        canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:8]


@lru_cache(maxsize=256)
def _counters(plan: Plan, buckets: tuple[int, ...], judged: int) -> tuple[str, ...]:
    found: list[str] = []

    def in_windows(kind: str, of: str = "") -> None:
        for window, bucket in zip(plan.windows, buckets, strict=True):
            found.extend(names(f"{kind}{window.level}{of}", bucket, plan.resolution))

    in_windows("n")
    for amount in plan.amounts:
        in_windows("s", amount.digit)
        if amount.counted:
            in_windows("m", amount.digit)
        for kind in "uv":
            found.extend(names(f"{kind}{amount.digit}", buckets[-1], plan.resolution))
    if plan.risks:
        found.extend(names("d", judged, plan.longest.risk))
        found.extend(names("x", judged + 1, plan.longest.risk + 1))
        if plan.amounts:
            found.extend(names("y", judged, plan.longest.risk))
    return tuple(found)


@lru_cache(maxsize=256)
def _reach(plan: Plan, buckets: tuple[int, ...], judged: int, current: int, epoch: int) -> frozenset[str]:
    found = set(_counters(plan, buckets, judged))
    if plan.risks:
        for kind in "dxy" if plan.amounts else "dx":
            found.update(names(kind, current, current - judged))
    for pair in plan.pairs:
        found.update(names(f"p{pair.digit}", epoch, 2))
    return frozenset(found)


def _windows(lengths: dict[str, int], delay: int, resolution: int) -> tuple[tuple[Window, ...], int]:
    longest = max(lengths.values())
    bucket = -(-(longest + delay) // (RISK_BUCKETS * DAY)) * DAY
    windows = (
        Window(text, level, length, length // resolution, _nearest(length, bucket) if length >= bucket else 0)
        for level, (text, length) in enumerate(lengths.items())
    )
    return tuple(windows), bucket


def _nearest(length: int, bucket: int) -> int:
    return (2 * length + bucket) // (2 * bucket)
