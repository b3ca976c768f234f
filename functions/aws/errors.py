"""Error codes of AWS that the functions tell apart."""

from __future__ import annotations

from botocore.exceptions import ClientError

THROTTLED = frozenset({"ThrottlingException", "Throttling"})
PRECONDITION_FAILED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def is_missing(error: ClientError) -> bool:
    """SageMaker says "no such thing" with a ValidationException, and only its text tells it from other mistakes."""
    if code(error) not in ("ValidationException", "ResourceNotFound"):
        return False
    return "could not find" in message(error).lower() or "not found" in message(error).lower()
