"""Reads a nested document (YAML or JSON) key by key; every complaint names the path and what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class SchemaError(Exception):
    """The schema document says something that makes no sense; the message starts with the path."""


class Section:
    """One mapping of the document. Values may be YAML texts or JSON types: "0.2" and 0.2 are the same number."""

    def __init__(self, content: Any, path: str = "") -> None:
        if not isinstance(content, Mapping):
            raise SchemaError(f"{path or 'the schema'}: expected a mapping of keys to values")
        self._content = content
        self.path = path
        self._known: set[str] = set()

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def keys(self) -> list[str]:
        return [str(key) for key in self._content]

    def has(self, key: str) -> bool:
        self._known.add(key)
        return self._content.get(key) not in (None, "")

    def says(self, key: str, text: str) -> bool:
        """For keys that take this text beside numbers."""
        return self.has(key) and str(self._content[key]).strip() == text

    def section(self, key: str) -> Section:
        self._require(key, "a mapping of keys to values")
        return Section(self._content[key], self.at(key))

    def text(self, key: str, default: str | None = None) -> str:
        if default is not None and not self.has(key):
            return default
        self._require(key, "a text")
        value = self._content[key]
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise SchemaError(f"{self.at(key)}: expected a text")
        return str(value).strip()

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise SchemaError(f"{self.at(key)}: expected one of {', '.join(choices)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        if not self.has(key):
            return default
        value = str(self._content[key]).lower()
        if value not in ("true", "false"):
            raise SchemaError(f"{self.at(key)}: expected true or false")
        return value == "true"

    def number(self, key: str, low: float, high: float) -> float:
        value = self._content[key]
        expected = f"{self.at(key)}: expected a number from {low:g} to {high:g}"
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise SchemaError(expected)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise SchemaError(expected) from None
        if not low <= number <= high:
            raise SchemaError(expected)
        return number

    def number_or(self, key: str, default: float, low: float, high: float) -> float:
        return self.number(key, low, high) if self.has(key) else default

    def texts(self, key: str, default: tuple[str, ...], fewest: int = 1) -> tuple[str, ...]:
        return _texts(self._content[key], self.at(key), fewest) if self.has(key) else default

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        values = self._content[key]
        if not isinstance(values, list | tuple):
            raise SchemaError(f"{self.at(key)}: expected a list of pairs such as [[a, b], [a, c]]")
        found = []
        for index, value in enumerate(values):
            pair = _texts(value, f"{self.at(key)}[{index}]", 2)
            if len(pair) != 2:
                raise SchemaError(f"{self.at(key)}[{index}]: expected two texts")
            found.append((pair[0], pair[1]))
        return tuple(found)

    def refuse_unknown_keys(self) -> None:
        for key in self.keys():
            if key not in self._known:
                raise SchemaError(f"{self.at(key)}: unknown key; expected one of {', '.join(sorted(self._known))}")

    def _require(self, key: str, expected: str) -> None:
        if not self.has(key):
            raise SchemaError(f"{self.at(key)}: is missing; expected {expected}")


def duration(text: str, path: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6}) ?([dhm])", text, re.ASCII)
    if match is None:
        raise SchemaError(f"{path}: expected a number of days, hours or minutes such as 7d, 12h or 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _texts(values: Any, path: str, fewest: int) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or len(values) < fewest:
        raise SchemaError(f"{path}: expected a list such as [a, b]")
    for index, value in enumerate(values):
        if not isinstance(value, str | int | float) or str(value).strip() == "":
            raise SchemaError(f"{path}[{index}]: expected a text")
    return tuple(str(value).strip() for value in values)
