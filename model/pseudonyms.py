"""Names that stand for sensitive values in all that is kept: always the same for one value, and without the key nobody
can tell the value from its name, or try whether it is somebody's."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from model import history
from model.counters import digest, short_hash

if TYPE_CHECKING:
    from model.field import Field
    from model.history_state import State
    from model.remembered import Entity
    from model.schema import Schema
    from model.transaction import Transaction
    from model.windows import Plan

PREFIX = "hidden-"
FEWEST_CHARACTERS = 32  # of a key


class WeakKeyError(Exception):
    """The key is too short to hide anything."""


@dataclass(frozen=True)
class Pseudonyms:
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < FEWEST_CHARACTERS:
            raise WeakKeyError(f"expected a key of at least {FEWEST_CHARACTERS} characters, not {len(self.key)}")

    def of(self, field: Field, value: str) -> str:
        return self._of_digest(field.name, digest(field.identity(value)))

    def hide(self, schema: Schema, transaction: Transaction) -> Transaction:
        """The same transaction, with the pseudonyms that may be kept of it."""
        named = {name: self.of(schema.by_name[name], str(transaction.values[name])) for name in transaction.sensitive}
        return replace(transaction, pseudonyms=named)

    def hide_state(self, plan: Plan, key: str, state: State) -> tuple[str, State]:
        """A state as training leaves it, under the key and with the partners that live scoring knows."""
        name, _, of_value = key.removeprefix(f"{plan.id}#").rpartition("#")
        if name in plan.sensitive:
            key = history.key(plan, name, self._of_digest(name, of_value))
        return key, dict(self._hidden_partners(plan, name, state))

    def _hidden_partners(self, plan: Plan, name: str, state: State) -> Iterator[tuple[str, int | frozenset[int]]]:
        for counter, value in state.items():
            if isinstance(value, int):
                yield counter, value
                continue
            partner = plan.pairs[int(counter[1], 36)].partner(name) or ""
            if partner in plan.sensitive:
                value = frozenset(short_hash(self._of_digest(partner, f"{one:032x}")) for one in value)
            yield counter, value

    def _of_digest(self, name: str, of_value: str) -> str:
        """Made from a digest, because training leaves no more of a value."""
        return PREFIX + hmac.digest(self.key, f"{name}#{of_value}".encode(), "sha256").hex()[:32]


def mark(entity: Entity, identity: str) -> int:
    """What training leaves of a partner: what live scoring knows it by, or what that can be made from."""
    return int(digest(identity), 16) if entity.sensitive else short_hash(identity)


def telling(schema: Schema) -> frozenset[str]:
    """The features that are parts of sensitive values: computed, and not kept."""
    return frozenset(name for field in schema.fields if field.sensitive for name in field.features)
