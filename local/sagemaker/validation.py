"""Checks a request against botocore's service model as strictly as AWS does, in AWS's wording."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ServiceModel, Shape

from local.sagemaker.errors import ApiError, invalid

# Java's character classes, as Python's re spells them (inside brackets).
_JAVA_CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{Z}": r"\s",
    r"\p{N}": r"\d",
}
_TEXT = r"\x20-\x7e\xa0-\U0010ffff"  # whatever can be seen: no control characters
_JAVA_GROUPS = {
    r"\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}": _TEXT,
    r"\p{L}\p{M}\p{Z}\p{N}\p{P}": _TEXT,  # symbols pass here too
    r"\p{L}\p{Z}\p{N}": r"\w\s",
}
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}$")  # Java lets an anchor be repeated
_NUMBERS = {"integer", "long", "float", "double"}


class Validator:
    def __init__(self, model: ServiceModel) -> None:
        self._model = model

    def check(self, operation: str, request: Any) -> None:
        shape = self._model.operation_model(operation).input_shape
        if shape is None:
            return
        problems = list(_walk(request, shape, ""))
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
            raise invalid(count + "; ".join(problems))


def _walk(value: Any, shape: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    _check_type(value, kind)
    if kind == "structure":
        yield from _structure(value, shape, path)
    elif kind == "list":
        yield from _failed(value, shape, path, list(_length(len(value), shape)))
        for number, item in enumerate(value, 1):
            yield from _walk(item, shape.member, f"{path}.{number}.member")
    elif kind == "map":
        yield from _failed(value, shape, path, list(_length(len(value), shape)))
        yield from _map_members(value, shape, path)
    else:
        yield from _failed(value, shape, path, list(constraints(value, shape)))


def _structure(value: dict[str, Any], shape: Any, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in value.items():
        if name not in shape.members:
            # AWS passes over members it does not know; a misspelt one is a bug worth hearing of.
            yield f"Value at '{_join(path, name)}' failed to satisfy constraint: Member must be known to the API"
        elif member is not None:
            yield from _walk(member, shape.members[name], _join(path, name))


def _map_members(value: dict[str, Any], shape: Any, path: str) -> Iterator[str]:
    for part, members in (("keys", value), ("value", value.values())):
        member_shape = shape.key if part == "keys" else shape.value
        for member in members:
            _check_type(member, member_shape.type_name)
            broken = list(constraints(member, member_shape))
            if broken:
                what = f"Map {part} must satisfy constraint: [{', '.join(broken)}]"
                yield f"Value '{_java(value)}' at '{path}' failed to satisfy constraint: {what}"
                break


def constraints(value: Any, shape: Shape) -> Iterator[str]:
    """The constraints that a value without members breaks."""
    limits = shape.metadata
    if shape.type_name == "string":
        enum = getattr(shape, "enum", [])
        if enum and value not in enum:
            yield f"Member must satisfy enum value set: [{', '.join(enum)}]"
        yield from _length(len(value), shape)
        if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    elif shape.type_name in _NUMBERS:
        if "max" in limits and value > limits["max"]:
            yield f"Member must have value less than or equal to {limits['max']}"
        if "min" in limits and value < limits["min"]:
            yield f"Member must have value greater than or equal to {limits['min']}"


def _length(length: int, shape: Shape) -> Iterator[str]:
    if length > shape.metadata.get("max", length):
        yield f"Member must have length less than or equal to {shape.metadata['max']}"
    if length < shape.metadata.get("min", length):
        yield f"Member must have length greater than or equal to {shape.metadata['min']}"


def _failed(value: Any, shape: Shape, path: str, broken: list[str]) -> Iterator[str]:
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{_java(value)}'"
    for constraint in broken:
        yield f"{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _check_type(value: Any, kind: str) -> None:
    expected: dict[str, tuple[type, ...]] = {
        "structure": (dict,),
        "map": (dict,),
        "list": (list,),
        "string": (str,),
        "blob": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "long": (int,),
        "float": (int, float),
        "double": (int, float),
        "timestamp": (int, float),
    }
    right = isinstance(value, expected[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not right:
        raise ApiError("SerializationException", f"{type(value).__name__} can not be converted to {kind}")


def _join(path: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _java(value: Any) -> str:
    """As Java prints it: strings without quotes, maps as {key=value}."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_java(item) for item in value) + "]"
    return str(value)


@cache
def _pattern(java: str) -> re.Pattern[str]:
    python = _REPEATED_END.sub("", java).replace(r"\z", r"\Z")
    for theirs, ours in (_JAVA_GROUPS | _JAVA_CLASSES).items():
        python = python.replace(theirs, ours)
    return re.compile(python)
