"""Error codes of AWS that the functions tell apart."""

from __future__ import annotations

from typing import Any, cast

from botocore.exceptions import ClientError

THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}
)
UNWELL = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable", "500", "502", "503", "504"})
PRECONDITION_FAILED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def is_missing(error: ClientError) -> bool:
    """SageMaker says "no such thing" with a ValidationException, and only its text tells it from other mistakes."""
    if code(error) == "ResourceNotFoundException":  # of other services
        return True
    if code(error) not in ("ValidationException", "ResourceNotFound"):
        return False
    return any(words in message(error).lower() for words in ("could not find", "not found", "does not exist"))


def exists_already(error: ClientError) -> bool:
    return code(error) == "ValidationException" and "already exist" in message(error).lower()


def cancelled_because(error: ClientError) -> frozenset[str]:
    """Why a transaction of DynamoDB was cancelled; the members that had no part in it say None."""
    reasons = cast("dict[str, Any]", error.response).get("CancellationReasons", [])
    return frozenset(str(reason.get("Code")) for reason in reasons) - {"None"}
