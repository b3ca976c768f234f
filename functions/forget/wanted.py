"""Who is to be forgotten, read strictly by the schema of the model that serves, and by which names tables know them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model import history, lists
from model.field import HIDEABLE_ROLES, Field, InvalidTransaction

if TYPE_CHECKING:
    from model.pseudonyms import Pseudonyms
    from model.schema import Schema

NAMES = ("field", "value", "continue_from")


class UnclearError(Exception):
    """Nobody can say who is meant; names the part of the request, and never a value."""


@dataclass(frozen=True)
class Wanted:
    """Known by the value, as long as the field was not sensitive, and by its pseudonym since."""

    field: Field
    value: str
    pseudonym: str
    continue_from: str | None

    @property
    def names(self) -> tuple[str, str]:
        return self.field.identity(self.value), self.pseudonym

    def history_keys(self, plans: Iterable[str]) -> list[str]:
        return [history.key_under(plan, self.field.name, name) for plan in sorted(plans) for name in self.names]

    def list_keys(self) -> list[str]:
        return [lists.key(self.field, name) for name in self.names]

    def is_in(self, transaction: str) -> bool:
        """Whether a kept transaction, as JSON, names them."""
        kept = json.loads(transaction).get(self.field.name)
        return kept is not None and self.field.identity(str(kept)) in self.names


def read(request: Mapping[str, Any], schema: Schema, pseudonyms: Pseudonyms) -> Wanted:
    if not request.keys() <= set(NAMES):
        raise UnclearError(f"expected {', '.join(NAMES)} and nothing else")
    known = {field.name: field for field in schema.fields if field.role in HIDEABLE_ROLES}
    asked = request.get("field")
    field = known.get(asked) if isinstance(asked, str) else None
    if field is None:
        raise UnclearError(f"field: expected one of {', '.join(known)}")
    try:
        value = field.read(request.get("value"))
    except InvalidTransaction as error:
        raise UnclearError(f"value: {error.message}") from None
    if value is None:
        raise UnclearError("value: is missing")
    continue_from = request.get("continue_from")
    if not isinstance(continue_from, str | None):
        raise UnclearError("continue_from: expected what the answer before said")
    return Wanted(field, str(value), pseudonyms.of(field, str(value)), continue_from)
