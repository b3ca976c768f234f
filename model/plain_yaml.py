"""YAML as far as people write it by hand: texts, lists and mappings. Whatever a file says, reading it ends soon."""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 5
MOST_PARTS = 5000  # texts, beginnings and ends


class PlainYamlError(Exception):
    """The text is no YAML, or more than plain YAML; the message says where."""


def read(text: str) -> Any:
    """Every value is the text that it is written as: NO is Norway, not false. None of an empty document."""
    try:
        return _Parts(text).document()
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two of odd escapes and directives
        raise PlainYamlError(f"is not YAML: {' '.join(str(error).split())}") from None


class _Parts:
    """The parser's events, taken one by one, so that nothing is built that is too large or refers to itself."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=yaml.BaseLoader)
        self._left = MOST_PARTS

    def document(self) -> Any:
        values = []
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.NodeEvent):
                values.append(self._value(event, 0))
        if len(values) > 1:
            raise PlainYamlError("expected one document, not several with --- between them")
        return values[0] if values else None

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag not in (None, "!"):
            raise _unexpected(event, "no anchors (&), aliases (*) or tags (!)")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if depth == DEEPEST:
            raise _unexpected(event, f"at most {DEEPEST} levels")
        return self._list(depth + 1) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(depth + 1)

    def _list(self, depth: int) -> list[Any]:
        values = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._value(event, depth))
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._value(event, depth)
            if not isinstance(key, str) or key in values:
                raise _unexpected(event, "every key to be a text that is there once")
            values[key] = self._value(self._next(), depth)
        return values

    def _next(self) -> Any:
        self._left -= 1
        if self._left < 0:
            raise PlainYamlError(f"expected at most {MOST_PARTS} texts, lists and mappings")
        return next(self._events)


def _unexpected(event: Any, expected: str) -> PlainYamlError:
    return PlainYamlError(f"line {event.start_mark.line + 1}: expected {expected}")
