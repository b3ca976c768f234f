"""The schema's section `history`: which entities, amounts, pairs and windows it names, and what it may not say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from model import history_names
from model.document import SchemaError, Section, duration
from model.field import Field
from model.remembered import DAY, MINUTE, Amount, Entity, Pair

if TYPE_CHECKING:
    from model.schema import Schema

DEFAULT_WINDOWS = ("1h", "1d", "7d", "30d")
ROLES = ("entity", "email", "ip")
MOST_WINDOWS = 6
MOST_ENTITIES = 16  # each costs a read per event, and all their writes go into one transaction of the store
MOST_AMOUNTS = 2  # by default; more can be asked for, at the price of coarser buckets
PAIRED = 3  # by default the first entities are paired
MICROSECOND = timedelta(microseconds=1)
SHORTEST, LONGEST = MINUTE, 400 * DAY


@dataclass(frozen=True)
class History:
    """None where the default holds."""

    windows: tuple[str, ...] = DEFAULT_WINDOWS
    entities: tuple[str, ...] | None = None
    amounts: tuple[str, ...] | None = None
    pairs: tuple[tuple[str, str], ...] | None = None

    @classmethod
    def from_section(cls, section: Section) -> History:
        history = cls(
            windows=section.texts("windows", DEFAULT_WINDOWS, fewest=0),
            entities=section.texts("entities", ()) if section.has("entities") else None,
            amounts=section.texts("amounts", (), fewest=0) if section.has("amounts") else None,
            pairs=section.pairs("pairs") if section.has("pairs") else None,
        )
        section.refuse_unknown_keys()
        return history

    def to_dict(self) -> dict[str, object]:
        document: dict[str, object] = {"windows": list(self.windows)}
        for key in ("entities", "amounts"):
            if getattr(self, key) is not None:
                document[key] = list(getattr(self, key))
        if self.pairs is not None:
            document["pairs"] = [list(pair) for pair in self.pairs]
        return document


def lengths(history: History) -> dict[str, int]:
    """Of each window, as its features name it: how long it is."""
    if len(history.windows) > MOST_WINDOWS:
        raise SchemaError(f"history.windows: expected at most {MOST_WINDOWS} windows")
    found = {}
    for index, text in enumerate(history.windows):
        at = f"history.windows[{index}]"
        length = duration(text, at) // MICROSECOND
        if not SHORTEST <= length <= LONGEST:
            raise SchemaError(f"{at}: expected a window from {SHORTEST // MINUTE}m to {LONGEST // DAY}d")
        found[f"{int(text[:-1])}{text[-1]}"] = length  # so that 07d and 7 d are 7d
    if any(before >= after for before, after in pairwise(found.values())) or len(found) < len(history.windows):
        raise SchemaError("history.windows: expected each window to be longer than the one before it")
    return found


def entities(schema: Schema) -> tuple[Entity, ...]:
    asked = schema.history.entities
    able = [field for field in schema.fields if field.role in ROLES]
    if asked is not None:
        _refuse_others("history.entities", asked, able, "a field of role entity, email or ip")
        if len(asked) > MOST_ENTITIES:
            raise SchemaError(f"history.entities: expected at most {MOST_ENTITIES} entities")
    chosen = [field for field in able if asked is None or field.name in asked][:MOST_ENTITIES]
    shorts = history_names.shorts([field.name for field in schema.fields])
    return tuple(Entity(field.name, shorts[field.name], field.role != "entity", field.sensitive) for field in chosen)


def amounts(schema: Schema) -> tuple[Amount, ...]:
    asked = schema.history.amounts
    able = [field for field in schema.fields if field.role == "amount"]
    if asked is not None:
        _refuse_others("history.amounts", asked, able, "a field of role amount")
    chosen = [field for field in able if field.name in asked] if asked is not None else able[:MOST_AMOUNTS]
    return tuple(
        Amount(field.name, index, not field.required, max(abs(field.min), abs(field.max)))
        for index, field in enumerate(chosen)
    )


def pairs(schema: Schema, entities: tuple[Entity, ...]) -> tuple[Pair, ...]:
    names = [entity.field for entity in entities]
    asked = schema.history.pairs
    if asked is None:
        asked = tuple(combinations(names[:PAIRED], 2))
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(asked):
        at = f"history.pairs[{index}]"
        for name in pair:
            if name not in names:
                raise SchemaError(f"{at}: expected two of the entities with history ({', '.join(names)}), not {name}")
        if pair[0] == pair[1]:
            raise SchemaError(f"{at}: expected two different entities, not {pair[0]} twice")
        if frozenset(pair) in seen:
            raise SchemaError(f"{at}: {pair[0]} and {pair[1]} are a pair already")
        seen.add(frozenset(pair))
    return tuple(Pair(first, second, index) for index, (first, second) in enumerate(asked))


def _refuse_others(at: str, asked: Iterable[str], able: list[Field], expected: str) -> None:
    names = [field.name for field in able]
    seen: set[str] = set()
    for index, name in enumerate(asked):
        if name not in names:
            raise SchemaError(f"{at}[{index}]: expected {expected}, not {name}")
        if name in seen:
            raise SchemaError(f"{at}[{index}]: {name} is there twice")
        seen.add(name)
