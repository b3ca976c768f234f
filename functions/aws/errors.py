"""Error codes of AWS that the functions tell apart."""

from __future__ import annotations

from typing import Any, cast

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}
)
UNWELL = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable", "500", "502", "503", "504"})
FAILED_CONDITION = "ConditionalCheckFailed"  # of a transaction's member
PASSING = frozenset(
    {"None", FAILED_CONDITION, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
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


def reasons(error: Exception) -> list[dict[str, Any]]:
    """Why a transaction of DynamoDB was cancelled, for each of its members; None as a code had no part in it."""
    response = error.response if isinstance(error, ClientError) else {}
    return list(cast("dict[str, Any]", response).get("CancellationReasons", []))


def may_pass(error: Exception) -> bool:
    """Whether a transaction of DynamoDB may succeed when it is made anew from what is there then: others were faster,
    the tables are throttled, or nobody answered."""
    if not isinstance(error, ClientError):
        return isinstance(error, NoConnectionError | HTTPClientError)
    codes = {str(reason.get("Code")) for reason in reasons(error)}
    return codes <= PASSING if codes else code(error) in THROTTLED | UNWELL
