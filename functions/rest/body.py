"""Reads the body of a request to the gateway as one JSON object, and as nothing else."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from typing import Any

from functions.rest import problems

LARGEST = 64 * 1024
LARGEST_BATCH = 1024 * 1024
LONGEST_NAME = 80  # of a field, in an answer


def read(event: dict[str, Any], largest: int = LARGEST) -> dict[str, Any]:
    """The size is checked before anything is decoded or parsed."""
    text = _text(event["body"] or "", event["isBase64Encoded"], largest)
    try:
        payload = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise problems.invalid_json("The body is nested too deeply.") from None
    except ValueError as error:
        where = f" ({error.msg}, line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise problems.invalid_json(f"The body is not JSON{where}.") from None
    if not isinstance(payload, dict):
        raise problems.invalid_json("The body must be one JSON object.")
    for name, value in payload.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise problems.invalid_field(shown(name), "must be a finite number")
    return payload


def _text(body: str, is_base64: bool, largest: int) -> str:
    if len(body) > (largest * 4 // 3 + 4 if is_base64 else largest):
        raise problems.too_large(largest)
    try:
        raw = base64.b64decode(body, validate=True) if is_base64 else body.encode()
        if len(raw) > largest:
            raise problems.too_large(largest)
        return raw.decode()
    except ValueError:  # not base64, or not UTF-8
        raise problems.invalid_json("The body is not UTF-8 text.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that comes twice, JSON parsers take one or the other; a payment system must not guess."""
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise problems.invalid_json("The name comes twice.", shown(twice))
    return found


def shown(name: str) -> str:
    """A name that a caller chose, fit for an answer."""
    return ascii(name)[1:-1][:LONGEST_NAME]
