"""Where rules lie in the bucket: the file that people drop, and what the rules function made of it for scoring."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from functions.aws import objects
from model import rules

DROPPED = "config/rules.yaml"
IN_FORCE = "config/rules-in-force.json"


@dataclass(frozen=True)
class InForce:
    version: str
    since: str
    model: str  # whose contract they were checked against
    text: str | None  # None: the rules that came with the code

    @property
    def content(self) -> bytes:
        return rules.PACKAGED.read_bytes() if self.text is None else self.text.encode()

    def to_json(self) -> bytes:
        return objects.as_json(asdict(self))

    @classmethod
    def from_json(cls, body: bytes) -> InForce:
        """ValueError, KeyError or TypeError where it is none."""
        document = json.loads(body)
        text = document["text"]
        if text is not None and not isinstance(text, str):
            raise TypeError("text")
        return cls(str(document["version"]), str(document["since"]), str(document["model"]), text)
