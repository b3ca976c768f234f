"""One field of a transaction: its role, its rules, and how a raw value becomes a checked one."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Any

from model import timestamps
from model.addresses import PARTS
from model.document import SchemaError, Section

ROLES = ("entity", "amount", "number", "category", "email", "ip", "time", "ignore")
NUMERIC_ROLES = ("amount", "number")
FORMED_ROLES = ("email", "ip", "time")
LARGEST_NUMBER = 1e15  # keeps every value finite in the trees' 32-bit floats
LONGEST_TEXT = 256
LONGEST_NAME = 100
MOST_DIGITS = 30  # of a whole number that is taken as text
NEEDS_ROLE = dict.fromkeys(("min", "max"), "amount or number") | dict.fromkeys(("max_length", "values"), "a text")
PADDED = "must not begin or end with blanks"
_UNNAMEABLE = re.compile(r"[\[\]<\x00-\x1f\x7f]")  # XGBoost refuses the first three in a feature's name
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class InvalidTransaction(Exception):  # noqa: N818 (what it says is the name that callers read)
    """A transaction breaks the schema; says which field and why, and never repeats the value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Field:
    name: str
    role: str
    required: bool = False
    min: float = -LARGEST_NUMBER
    max: float = LARGEST_NUMBER
    max_length: int = LONGEST_TEXT
    values: tuple[str, ...] = ()
    description: str = ""

    @property
    def numeric(self) -> bool:
        return self.role in NUMERIC_ROLES

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the features this field gives by itself; an entity gives none."""
        if self.role in ("entity", "ignore"):
            return ()
        if self.role in PARTS:
            return tuple(f"{self.name}_{part.suffix}" for part in PARTS[self.role])
        return (f"{self.name}_seconds_ago",) if self.role == "time" else (self.name,)

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of those features that are texts out of a limited set; the others are numbers."""
        if self.role in PARTS:
            return tuple(f"{self.name}_{part.suffix}" for part in PARTS[self.role] if part.category)
        return self.features if self.role == "category" else ()

    def read(self, raw: Any) -> str | float | None:
        """The value of a JSON request, checked as model/request_form.py describes it: to the letter, where files may
        pad their cells."""
        if self.numeric:
            return self.number(raw)
        if isinstance(raw, str) and len(raw) > self.max_length:
            raise self._invalid(f"must have at most {self.max_length} characters")
        if isinstance(raw, str) and (self.values or self.role in FORMED_ROLES) and raw != raw.strip():
            raise self._invalid(PADDED)
        return self.text(whole(raw))

    def read_cell(self, cell: str) -> str | float | None:
        """The value of a text cell of a file, checked. Blank means missing."""
        if not self.numeric:
            return self.text(cell)
        stripped = cell.strip()
        if stripped == "":
            return self.number(None)
        if _NUMBER.fullmatch(stripped) is None:
            raise self._invalid("must be a number")
        return self.number(float(stripped))

    def number(self, raw: Any) -> float | None:
        if raw is None:
            self._require_optional()
            return None
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise self._invalid("must be a number")
        if not math.isfinite(raw) if isinstance(raw, float) else abs(raw) > LARGEST_NUMBER:
            raise self._invalid("must be a finite number of reasonable size")
        if raw < self.min:
            raise self._invalid(f"must be at least {self.min:.15g}")
        if raw > self.max:
            raise self._invalid(f"must be at most {self.max:.15g}")
        return float(raw)

    def text(self, raw: Any, zone: tzinfo | None = None) -> str | None:
        """`zone` is that of times without an offset; they are refused when there is none."""
        text = "" if raw is None else self._as_text(raw).strip()
        if text == "":
            self._require_optional()
            return None
        if len(text) > self.max_length:
            raise self._invalid(f"must have at most {self.max_length} characters")
        if not is_unicode(text):
            raise self._invalid("is not valid UTF-8 text")
        if self.values and text not in self.values:
            raise self._invalid(f"must be one of {', '.join(self.values)}")
        if self.role == "email" and not is_email(text):
            raise self._invalid("must be an e-mail address")
        if self.role == "ip" and not is_ip(text):
            raise self._invalid("must be an IP address")
        return self._moment(text, zone) if self.role == "time" else text

    def _moment(self, text: str, zone: tzinfo | None) -> str:
        """The same moment in UTC, always written alike."""
        try:
            return timestamps.parse(text, zone).isoformat()
        except ValueError as error:
            raise self._invalid(str(error)) from None

    def _as_text(self, raw: Any) -> str:
        if isinstance(raw, str):
            return raw
        if isinstance(raw, bool) and self.role == "category":
            return "true" if raw else "false"
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise self._invalid("must be text or a whole number")
        if abs(raw) >= 10**MOST_DIGITS:
            raise self._invalid("is too large a number")
        return str(raw)

    @classmethod
    def from_section(cls, name: str, rules: Section) -> Field:
        if _UNNAMEABLE.search(name) or len(name) > LONGEST_NAME:
            raise SchemaError(f"{rules.path}: expected a name of at most {LONGEST_NAME} characters, none of them [ ] <")
        field = cls(
            name=name,
            role=rules.choice("role", ROLES),
            required=rules.flag("required", False),
            min=rules.number_or("min", cls.min, -LARGEST_NUMBER, LARGEST_NUMBER),
            max=rules.number_or("max", cls.max, -LARGEST_NUMBER, LARGEST_NUMBER),
            max_length=int(rules.number_or("max_length", cls.max_length, 1, 10_000)),
            values=rules.texts("values", ()),
            description=rules.text("description", ""),
        )
        rules.refuse_unknown_keys()
        for key in ("max_length", "values") if field.numeric else ("min", "max"):
            if rules.has(key):
                raise SchemaError(f"{rules.at(key)}: expected only where the role is {NEEDS_ROLE[key]}")
        if field.min > field.max:
            raise SchemaError(f"{rules.at('min')}: expected a number not above max")
        return field

    def to_dict(self) -> dict[str, Any]:
        rules: dict[str, Any] = {"role": self.role, "required": self.required}
        rules |= {"min": self.min, "max": self.max} if self.numeric else {"max_length": self.max_length}
        if self.values:
            rules["values"] = list(self.values)
        if self.description:
            rules["description"] = self.description
        return rules

    def _require_optional(self) -> None:
        if self.required:
            raise self._invalid("is required and missing")

    def _invalid(self, message: str) -> InvalidTransaction:
        return InvalidTransaction(self.name, message)


def whole(raw: Any) -> Any:
    """JSON knows one kind of number: 5.0 is the whole number 5."""
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def is_unicode(text: str) -> bool:
    """False for lone surrogates, which JSON can smuggle in and no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_email(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return bool(local) and bool(domain) and not any(character.isspace() for character in text)


def is_ip(text: str) -> bool:
    """An address of one machine's network card (fe80::1%eth0) says nothing to another machine."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
