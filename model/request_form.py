"""A scoring request as JSON Schema 2020-12: exactly what model/transaction.py accepts. The API's description is made
of it (functions/openapi), and a property test holds both together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from model.field import MOST_DIGITS, Field, InvalidTransaction
from model.schema import Schema
from model.timestamps import EARLIEST, LATEST, UNITS
from model.transaction import ID, LONGEST_ID

Form = dict[str, Any]

UNIT_NAMES = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
YEAR = "(19[7-9][0-9]|2[01][0-9]{2})"
LEAP_YEAR = "(19(7[26]|8[048]|9[26])|2000|2[01](0[48]|[2468][048]|[13579][26]))"
MONTH_AND_DAY = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
MOMENT: Form = {  # RFC 3339 and more: a blank for the T, no seconds, +02 and +0200. Its format would say less
    "pattern": (
        f"^({YEAR}-{MONTH_AND_DAY}|{LEAP_YEAR}-02-29)"
        r"[Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
        " ?([Zz]|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)$"
    ),
}
MOMENT_WORDS = "ISO 8601 with an offset, such as 2026-03-01T12:30:00Z or 2026-03-01T13:30:00+01:00; from 1970 to 2199"
# What str.isspace knows; the \s of regular expressions is another set in each dialect.
BLANK = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_BLANK = f"[^{BLANK}]"
EMAIL: Form = {"pattern": f"^[^{BLANK}]+@[^@{BLANK}]+$"}
ADDRESS: Form = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
FORMS = {"email": EMAIL, "ip": ADDRESS, "time": MOMENT}
WORDS = {"time": MOMENT_WORDS, "ignore": "not used"}


def transaction(schema: Schema) -> Form:
    fields = {field.name: _described(field, of_field(field)) for field in schema.fields}
    required = [field.name for field in schema.fields if field.required and field.role != "ignore"]
    return {
        "type": "object",
        "properties": {ID: identifier(), schema.timestamp: moment(schema.time_unit), **fields},
        "required": [ID, schema.timestamp, *required],
        "additionalProperties": schema.extra_columns == "ignore",
    }


def identifier() -> Form:
    return {
        "type": ["string", "integer"],
        "minLength": 1,
        "maxLength": LONGEST_ID,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
        **_digits(LONGEST_ID, LONGEST_ID),
        "description": f"the caller's own id of it: 1 to {LONGEST_ID} printable ASCII characters",
    }


def moment(unit: str | None = None) -> Form:
    """When something happened: text, or a number of a unit since 1970."""
    if unit is None:
        return {"type": "string", **MOMENT, "description": f"when it happened: {MOMENT_WORDS}"}
    end = (LATEST - EARLIEST) // timedelta(microseconds=UNITS[unit])
    words = f"when it happened: {UNIT_NAMES[unit]} since 1970 (UTC)"
    return {"type": "number", "minimum": 0, "exclusiveMaximum": end, "description": words}


def of_field(field: Field) -> Form:
    if field.role == "ignore":
        return {}
    if field.numeric:
        return _typed(field, "number") | {"minimum": _plain(field.min), "maximum": _plain(field.max)}
    if field.values:
        return _typed(field, *_text_types(field)) | {"enum": list(_choices(field))}
    if field.role in FORMS:
        form = FORMS[field.role] if field.required else {"anyOf": [FORMS[field.role], {"maxLength": 0}]}
        return _typed(field, "string") | {"maxLength": field.max_length} | form
    return _free_text(field)


def _free_text(field: Field) -> Form:
    form = _typed(field, *_text_types(field)) | {"maxLength": field.max_length}
    form |= _digits(field.max_length, MOST_DIGITS)
    if field.required:
        form |= {"minLength": 1, "pattern": NOT_BLANK}
    if field.role == "category" and field.max_length == len("true"):
        form["not"] = {"const": False}  # which is a letter longer
    return form


def _described(field: Field, form: Form) -> Form:
    words = [word for word in (field.description, WORDS.get(field.role)) if word]
    return form | ({"description": ": ".join(words)} if words else {})


def _typed(field: Field, *types: str) -> Form:
    listed = [*types] if field.required else [*types, "null"]
    return {"type": listed if len(listed) > 1 else listed[0]}


def _text_types(field: Field) -> list[str]:
    """A whole number is taken as text, and so is true or false where the text is one of a set."""
    if field.role in FORMS:
        return ["string"]
    has_booleans = field.role == "category" and field.max_length >= len("true")
    return ["string", "integer", *(["boolean"] if has_booleans else [])]


def _digits(longest: int, most: int) -> Form:
    """Whole numbers that are not too long as text, sign and all, and have not too many digits."""
    return {"minimum": -(10 ** min(longest - 1, most)) + 1, "maximum": 10 ** min(longest, most) - 1}


def _choices(field: Field) -> Iterator[str | int | bool | None]:
    for text in dict.fromkeys(field.values):
        yield from (given for given in _ways_to_write(text) if _accepts(field, given))
    if not field.required:
        yield from ("", None)


def _ways_to_write(text: str) -> Iterator[str | int | bool]:
    yield text
    if text in ("true", "false"):
        yield text == "true"
    if text.removeprefix("-").isdecimal() and str(int(text)) == text:
        yield int(text)


def _accepts(field: Field, given: str | int | bool) -> bool:
    try:
        return field.read(given) is not None
    except InvalidTransaction:
        return False


def _plain(number: float) -> float:
    return int(number) if number.is_integer() else number
