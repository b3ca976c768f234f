"""Answers held against the API's own description: a status, a code or a field that it does not know fails the test."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from functions.openapi import document
from model.schema import load


def check(event: dict[str, Any], status: int, headers: dict[str, str], body: str) -> None:
    operation = described()["paths"][event["resource"]][event["httpMethod"].lower()]
    assert str(status) in operation["responses"], f"{event['resource']} does not say that it answers {status}"
    response = resolve(operation["responses"][str(status)])
    assert ("Retry-After" in headers) == ("Retry-After" in response["headers"])
    assert headers["x-request-id"] == event["requestContext"]["requestId"]
    assert headers["Cache-Control"] == "no-store"
    ((kind, media),) = response["content"].items()
    assert headers["Content-Type"].startswith(kind)
    if kind == "application/json":
        validator(media["schema"]).validate(json.loads(body))


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(_closed(schema) | {"components": _closed(described()["components"])})


@cache
def described() -> dict[str, Any]:
    return document.describe(load())


def resolve(found: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in found:
        return found
    target = described()
    for name in found["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return target


def _closed(found: Any) -> Any:
    """Callers must expect fields that are new; tests must not meet any that are not described."""
    if isinstance(found, list):
        return [_closed(one) for one in found]
    if not isinstance(found, dict):
        return found
    closing = {"additionalProperties": False} if isinstance(found.get("properties"), dict) else {}
    return closing | {name: _closed(value) for name, value in found.items()}
