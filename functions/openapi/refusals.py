"""Every status that is no success, with the codes that say why: those of functions/rest/problems.py and those of the
gateway's own answers in template.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JSON = "application/json"
REQUEST_ID = {"x-request-id": {"$ref": "#/components/headers/RequestId"}}
RETRY_AFTER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}


@dataclass(frozen=True)
class Refusal:
    name: str
    meaning: str
    codes: tuple[str, ...]
    message: str  # of the example
    field: str | None = None
    again_later: bool = False


REFUSALS = {
    400: Refusal(
        "BadRequest",
        "The body is not one JSON object, or too large.",
        ("invalid_json", "too_large", "bad_request"),
        "The body is not JSON (Expecting value, line 1).",
    ),
    403: Refusal(
        "Forbidden",
        "The api key is missing or unknown.",
        ("forbidden",),
        "The header x-api-key is missing or unknown.",
    ),
    404: Refusal(
        "NotFound",
        "There is no decision with this id.",
        ("not_found",),
        "There is no decision with this id.",
        "transaction_id",
    ),
    409: Refusal(
        "Conflict",
        "A decision with this id exists, and it was made on other content.",
        ("other_content",),
        "A decision with this id exists, and it was made on other content.",
        "transaction_id",
    ),
    422: Refusal(
        "Invalid",
        "A field is missing, unknown or wrong; it is named, and its value is not repeated.",
        ("invalid_field",),
        "is required and missing",
        "transaction_id",
    ),
    429: Refusal(
        "TooMany",
        "More requests than the API takes at a time.",
        ("throttled", "quota_exceeded"),
        "Too Many Requests",
        again_later=True,
    ),
    503: Refusal(
        "Unavailable",
        "No model serves yet, or a service behind the API is away. Send the same again later: nothing is done twice.",
        ("no_model", "unavailable"),
        "No model serves yet. Try again later.",
        again_later=True,
    ),
}


def responses() -> dict[str, Any]:
    """Of the document's components."""
    return {refusal.name: _response(refusal) for refusal in REFUSALS.values()}


def reference(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{REFUSALS[status].name}"}


def error(codes: tuple[str, ...], field: str = "the one that is meant, where one is") -> dict[str, Any]:
    properties = {
        "code": {"type": "string", "enum": list(codes)},
        "message": {"type": "string", "description": "for people; never repeats what was sent"},
        "field": {"type": ["string", "null"], "description": field},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _response(refusal: Refusal) -> dict[str, Any]:
    example = {"error": {"code": refusal.codes[0], "message": refusal.message, "field": refusal.field}}
    form = {"type": "object", "properties": {"error": error(refusal.codes)}, "required": ["error"]}
    return {
        "description": refusal.meaning,
        "headers": REQUEST_ID | (RETRY_AFTER if refusal.again_later else {}),
        "content": {JSON: {"schema": form, "example": example}},
    }
