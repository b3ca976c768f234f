"""What a label does to a decision: the one in force is the latest by its own time, and every other stays on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.label.label import FRAUD, Label

LONGEST = 100  # entries; of a decision that was corrected more often the oldest are given up
RECORDED, OUTDATED, UNCHANGED, UNKNOWN = "recorded", "outdated", "unchanged", "unknown"


@dataclass(frozen=True)
class Kept:
    """What the table knows of a decision's label, and which counters of the history its label moves."""

    label: str | None = None
    labelled_at: datetime | None = None
    trail: str | None = None  # as it is stored: a write is good only if nobody changed it since
    entities: tuple[str, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Kept:
        labelled_at = item.get("labelled_at", {}).get("S")
        history = json.loads(item["history"]["S"]) if "history" in item else {}
        return cls(
            label=item.get("label", {}).get("S"),
            labelled_at=datetime.fromisoformat(labelled_at) if labelled_at else None,
            trail=item.get("label_trail", {}).get("S"),
            entities=tuple(history.get("keys", ())),
            counters=history.get("label", {}),
        )

    @property
    def entries(self) -> list[dict[str, str]]:
        return list(json.loads(self.trail)) if self.trail else []


@dataclass(frozen=True)
class Step:
    """From what is kept to what shall be; without a trail there is nothing to write."""

    status: str
    label: str | None
    labelled_at: datetime | None
    trail: str | None = None
    frauds: int = 0  # by how much the history's count of known frauds moves

    def answer(self, transaction_id: str) -> dict[str, str | None]:
        labelled_at = self.labelled_at.isoformat() if self.labelled_at else None
        return {
            "transaction_id": transaction_id,
            "status": self.status,
            "label": self.label,
            "labelled_at": labelled_at,
        }


def step(kept: Kept, new: Label, now: datetime) -> Step:
    labelled_at = new.labelled_at or max(now, kept.labelled_at or now)
    entry = {"label": new.label, "labelled_at": labelled_at.isoformat(), "received_at": now.isoformat()}
    if _is_repeated(kept, new):
        return Step(UNCHANGED, kept.label, kept.labelled_at)
    trail = json.dumps([*kept.entries, entry][-LONGEST:])
    if kept.labelled_at is not None and labelled_at < kept.labelled_at:
        return Step(OUTDATED, kept.label, kept.labelled_at, trail)
    frauds = (new.label == FRAUD) - (kept.label == FRAUD)
    return Step(RECORDED, new.label, labelled_at, trail, frauds)


def _is_repeated(kept: Kept, new: Label) -> bool:
    """Sent again without a time, it is what holds already; with a time, what was received before."""
    if new.labelled_at is None:
        return new.label == kept.label
    said = (new.label, new.labelled_at.isoformat())
    return said in [(entry["label"], entry["labelled_at"]) for entry in kept.entries]
