"""A model that served has lost its endpoint: told by a message of our own, as often as somebody notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.deploy.approval import STAMP


@dataclass(frozen=True)
class Restoration:
    model: str
    since: datetime  # when it had begun to serve: the name of what was lost, the same for everybody who notices

    @property
    def folder(self) -> str:
        """Of its records, below the model's own."""
        return f"restored/{self.since:{STAMP}}/"

    @property
    def detail(self) -> dict[str, Any]:
        return {"LostModel": self.model, "ServedSince": self.since.isoformat()}


def read(detail: dict[str, Any]) -> Restoration | None:
    if "LostModel" not in detail:
        return None
    return Restoration(detail["LostModel"], datetime.fromisoformat(detail["ServedSince"]))
