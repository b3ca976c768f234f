"""A JSON Schema in words, as HTML. Every text that enters is escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from functions.lists import entry
from model import request_form

Form = dict[str, Any]

TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
    "object": "object",
}
SAID = {
    request_form.NOT_BLANK: "not blank",
    request_form.EMAIL["pattern"]: "e-mail address",
    request_form.MOMENT["pattern"]: "date and time",
    entry.NOTE: "on one line",
}
FORMATS = {"date-time": "date and time", "ipv4": "IPv4", "ipv6": "IPv6"}


def fields(form: Form) -> str:
    """The properties of an object, each with its rules; of anything else its rules alone."""
    if "properties" not in form:
        return f"<p>{rules(form)}</p>"
    required = form.get("required", ())
    shown = (_field(name, of, name in required) for name, of in form["properties"].items())
    rest = "<p>Other fields are accepted and not used.</p>" if form.get("additionalProperties") is True else ""
    return f"<dl>{''.join(shown)}</dl>{rest}"


def rules(form: Form) -> str:
    return "; ".join(_rules(form)) or "anything"


def code(value: Any) -> str:
    shown = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"<code>{escape(shown)}</code>"


def _field(name: str, form: Form, required: bool) -> str:
    words = f"<p>{escape(form['description'])}</p>" if "description" in form else ""
    inner = "".join(map(fields, _objects(form)))
    return f"<dt>{code(name)}{' <b>required</b>' if required else ''}</dt><dd>{rules(form)}{words}{inner}</dd>"


def _objects(form: Form) -> Iterator[Form]:
    """Those that are described on the spot."""
    if "properties" in form:
        yield form
    inside = [form["items"]] if "items" in form else form.get("anyOf", ())
    for inner in inside:
        yield from _objects(inner)


def _rules(form: Form) -> Iterator[str]:
    if "$ref" in form:
        name = escape(form["$ref"].rpartition("/")[2])
        yield f'<a href="#{name}">{name}</a>'
    if "enum" in form:
        yield f"one of {', '.join(map(code, form['enum']))}"
    elif "const" in form:
        yield code(form["const"])
    elif "type" in form:
        yield " or ".join(TYPES[one] for one in _types(form))
    if "anyOf" in form:
        yield " or ".join(rules(one) for one in form["anyOf"])
    yield from _limits(form)
    if "format" in form:
        yield FORMATS[form["format"]]
    elif "pattern" in form:
        yield SAID.get(form["pattern"]) or f"matches {code(form['pattern'])}"
    if "items" in form:
        yield f"of {rules(form['items'])}"


def _limits(form: Form) -> Iterator[str]:
    """Of a text that may also be a whole number only the length is told: the number's bounds follow from it."""
    yield from _range(form.get("minLength"), form.get("maxLength"), "characters")
    yield from _range(form.get("minItems"), form.get("maxItems"), "items")
    if "string" not in _types(form):
        yield from _range(form.get("minimum"), form.get("maximum"))
        if "exclusiveMaximum" in form:
            yield f"below {form['exclusiveMaximum']:,}"


def _range(low: float | None, high: float | None, unit: str = "") -> Iterator[str]:
    if low is not None and high is not None:
        yield f"{low:,} to {high:,} {unit}".strip()
    elif high == 0:
        yield "empty"
    elif low is not None or high is not None:
        yield f"at {f'least {low:,}' if high is None else f'most {high:,}'} {unit}".strip()


def _types(form: Form) -> list[str]:
    found = form.get("type", [])
    return found if isinstance(found, list) else [found]
