"""One field of a transaction: its role, its rules, and how a raw value becomes a checked one."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from typing import Any

ROLES = ("entity", "amount", "number", "category", "email", "ip", "ignore")
NUMERIC_ROLES = ("amount", "number")
LARGEST_NUMBER = 1e15  # keeps every value finite in the trees' 32-bit floats
LONGEST_TEXT = 256
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class InvalidTransaction(Exception):
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

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features this field gives by itself; an entity gives none."""
        if self.role in ("entity", "ignore"):
            return ()
        if self.role == "email":
            return (f"{self.name}_domain",)
        if self.role == "ip":
            return (f"{self.name}_net8", f"{self.name}_net16")
        return (self.name,)

    def read(self, raw: Any) -> str | float | None:
        """The value of a JSON request, checked."""
        return self.number(raw) if self.numeric else self.text(raw)

    def read_cell(self, cell: str) -> str | float | None:
        """The value of a text cell of a file, checked. Blank means missing."""
        if not self.numeric:
            return self.text(cell)
        stripped = cell.strip()
        if stripped == "":
            return self._missing()
        if _NUMBER.fullmatch(stripped) is None:
            raise self._invalid("must be a number")
        return self.number(float(stripped))

    def number(self, raw: Any) -> float | None:
        if raw is None:
            return self._missing()
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise self._invalid("must be a number")
        if not math.isfinite(raw) if isinstance(raw, float) else abs(raw) > LARGEST_NUMBER:
            raise self._invalid("must be a finite number of reasonable size")
        if raw < self.min:
            raise self._invalid(f"must be at least {self.min:g}")
        if raw > self.max:
            raise self._invalid(f"must be at most {self.max:g}")
        return float(raw)

    def text(self, raw: Any) -> str | None:
        if raw is None:
            return self._missing()
        text = self._as_text(raw).strip()
        if text == "":
            return self._missing()
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
        return text

    def _as_text(self, raw: Any) -> str:
        if isinstance(raw, str):
            return raw
        if isinstance(raw, bool) and self.role == "category":
            return "true" if raw else "false"
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise self._invalid("must be text or a whole number")
        if abs(raw) >= 10**30:
            raise self._invalid("is too large a number")
        return str(raw)

    def _missing(self) -> None:
        if self.required:
            raise self._invalid("is required and missing")
        return None

    def _invalid(self, message: str) -> InvalidTransaction:
        return InvalidTransaction(self.name, message)


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
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
