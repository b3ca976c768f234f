"""What rules can read of a transaction and its score, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model import features, pseudonyms
from model.decision import Decision
from model.expression import MAPS, Path, is_name, written
from model.features import Feature
from model.schema import Schema
from model.transaction import Transaction

OUTCOMES = ("approve", "review", "block")
TEXT, NUMBER, WHOLE, LIST = "text", "number", "whole number", "list"
# These win over fields of the same name, which are still read as transaction['score'].
OWN = {
    "score": WHOLE,
    "fraud_probability": NUMBER,
    "outcome": TEXT,
    "scored_by": TEXT,
    "denied": LIST,
    "allowed": LIST,
}


@dataclass(frozen=True)
class Facts:
    """A transaction that the model has decided on. `denied` and `allowed` are the fields whose value is on a list."""

    schema: Schema
    transaction: Transaction
    features: Mapping[str, Feature]
    decision: Decision
    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def value(self, path: Path) -> Any:
        """None for what is missing. Numbers of the transaction are doubles, as CEL calls them."""
        if path in (("denied",), ("allowed",)):
            return list(getattr(self, path[0]))
        if len(path) == 1 and path[0] in OWN:
            return getattr(self.decision, path[0])
        name = path[-1]
        if path[0] == "features" and len(path) > 1:
            return self.features.get(name)
        if name == self.schema.timestamp:
            return self.transaction.timestamp.isoformat()
        return self.transaction.values.get(name)

    def shown(self, path: Path) -> Any:
        """The same, as far as it may be kept."""
        if path[0] == "features" and len(path) > 1:
            return None if path[-1] in pseudonyms.telling(self.schema) else self.value(path)
        if len(path) == 1 and path[0] in OWN:
            return self.value(path)
        return self.transaction.pseudonyms.get(path[-1]) or self.value(path)


def kinds(schema: Schema) -> dict[Path, str]:
    """Everything that a rule can read under this schema, and what kind of value it is."""
    fields = {field.name: NUMBER if field.numeric else TEXT for field in schema.fields if field.role != "ignore"}
    fields[schema.timestamp] = TEXT
    categories = set(features.category_names(schema))
    found: dict[Path, str] = {("transaction", name): kind for name, kind in fields.items()}
    found |= {(name,): kind for name, kind in fields.items() if is_name(name) and name not in MAPS}
    found |= {("features", name): TEXT if name in categories else NUMBER for name in features.names(schema)}
    return found | {(name,): kind for name, kind in OWN.items()}


def unknown(path: Path, known: Mapping[Path, str]) -> str:
    """What to say of a name that is not among the known."""
    from difflib import get_close_matches  # hardly ever needed

    kind = f"one of the {path[0]}" if path[0] in MAPS else f"a field of the schema or one of {', '.join((*OWN, *MAPS))}"
    same = [written(other) for other in known if other[-1] == path[-1]]
    near = same or get_close_matches(written(path), map(written, known), n=1)
    return f"{written(path)}: expected {kind}" + (f"; did you mean {near[0]}?" if near else "")
