"""Checks a request against botocore's service model, with the enums, patterns and maxima that botocore lets pass."""

import re
from functools import cache
from typing import Any

from botocore.session import get_session
from botocore.validate import ParamValidator


@cache
def _operation(service: str, operation: str) -> Any:
    return get_session().get_service_model(service).operation_model(operation)


def problems(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    shape = _operation(service, operation).input_shape
    report = ParamValidator().validate(request, shape)
    known = [report.generate_report()] if report.has_errors() else []
    return known + list(_violations(request, shape, operation))


def _violations(value: Any, shape: Any, path: str) -> Any:
    limits = shape.metadata
    if shape.type_name == "structure":
        for name in value.keys() & shape.members.keys():
            yield from _violations(value[name], shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        yield from _too_many(value, limits, path)
        for place, item in enumerate(value):
            yield from _violations(item, shape.member, f"{path}[{place}]")
    elif shape.type_name == "map":
        yield from _too_many(value, limits, path)
        for key, item in value.items():
            yield from _violations(key, shape.key, f"{path}.{key} (the key)")
            yield from _violations(item, shape.value, f"{path}.{key}")
    elif shape.type_name == "string":
        yield from _too_many(value, limits, path)
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {shape.enum}"
        if not _matches(limits.get("pattern"), value):
            yield f"{path}: {value!r} does not match {limits['pattern']}"
    elif shape.type_name in ("integer", "long", "float", "double") and value > limits.get("max", value):
        yield f"{path}: {value} is above {limits['max']}"


def _too_many(value: Any, limits: Any, path: str) -> Any:
    if len(value) > limits.get("max", len(value)):
        yield f"{path}: length {len(value)} is above {limits['max']}"


def _matches(pattern: str | None, value: str) -> bool:
    if pattern is None:
        return True
    try:
        compiled = re.compile(pattern.replace(r"\p{Print}", r"\x20-\x7e"))
    except re.error:
        return True  # a Java pattern that Python cannot read
    return compiled.fullmatch(value) is not None
