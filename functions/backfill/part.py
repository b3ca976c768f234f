"""A part of the history that a training job left: entities by lines, as model/training/lookback writes them."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.history_state import State


class DamagedPartError(Exception):
    """The part is not the one that the job wrote, or is of another plan than the model; it will not get better."""


@dataclass(frozen=True)
class Entity:
    key: str
    state: State


@dataclass(frozen=True)
class Part:
    """What a message names; `plan` says which counters the job's model reads."""

    job: str
    name: str
    sha256: str

    @classmethod
    def from_message(cls, body: dict[str, Any]) -> Part:
        return cls(body["job"], body["part"], body["sha256"])

    @property
    def key(self) -> str:
        return f"runs/{self.job}/history/{self.name}"

    @property
    def marker(self) -> str:
        """deploy waits for it (functions/deploy/backfill.py)."""
        return f"runs/{self.job}/history/loaded/{self.name}.json"

    def entities(self, content: bytes, plan: str) -> Iterator[Entity]:
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise DamagedPartError(f"{self.key} is not what the training job wrote")
        try:
            for line in gzip.decompress(content).splitlines():
                document = json.loads(line)
                members = {name: frozenset(found) for name, found in document.get("members", {}).items()}
                if not document["key"].startswith(f"{plan}#"):
                    raise DamagedPartError(f"{self.key} holds counters of another plan than {plan}")
                yield Entity(document["key"], document["state"] | members)
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            raise DamagedPartError(f"{self.key} cannot be read: {error}") from error
