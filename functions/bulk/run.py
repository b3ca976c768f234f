"""A run: one file with one content, and how far it is. What is left of it is a message to the function itself."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from functions.aws import dropped
from functions.bulk.totals import Totals

IN, OUT, PARTS = "batch/in/", "batch/out/", "batch/parts/"


@dataclass(frozen=True)
class Run:
    key: str
    etag: str
    part: int = 0  # how many are done
    totals: Totals = field(default_factory=Totals)
    started_at: str = ""
    tries: int = 0  # of the next part, while a service is away

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Run:
        if "part" in body:
            return cls(**body | {"totals": Totals(**body["totals"])})
        return cls(*dropped.named_in(body))

    def begun(self, now: datetime) -> Run:
        return self if self.started_at else replace(self, started_at=now.isoformat(timespec="seconds"))

    def after(self, totals: Totals) -> Run:
        return replace(self, part=self.part + 1, totals=self.totals + totals, tries=0)

    def tried(self) -> Run:
        return replace(self, tries=self.tries + 1)

    @cached_property
    def id(self) -> str:
        return hashlib.sha256(f"{self.etag} {self.key}".encode()).hexdigest()[:16]

    @cached_property
    def results(self) -> str:
        return f"{self._out}.csv"

    @cached_property
    def rejected(self) -> str:
        return f"{self._out}.rejected.csv"

    @cached_property
    def summary(self) -> str:
        return f"{self._out}.summary.json"

    def part_key(self, number: int) -> str:
        return f"{PARTS}{self.id}/{number:05}.json"

    def announcement(self, what: str) -> str:
        return f"{PARTS}{self.id}/{what}.announced"

    @cached_property
    def _out(self) -> str:
        return OUT + re.sub(r"(\.csv)?(\.gz)?$", "", self.key.removeprefix(IN), count=1, flags=re.IGNORECASE)
