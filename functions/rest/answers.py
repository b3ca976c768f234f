"""Answers as API Gateway wants them from a function that serves one path and needs no routing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.rest.problems import ProblemError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def json_answer(status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"} | (headers or {}),
        "body": json.dumps(document),
        "isBase64Encoded": False,
    }


def problem(found: ProblemError, logger: Logger) -> dict[str, Any]:
    if found.__cause__ is not None:  # a service's refusal: the caller cannot mend it, so somebody must read of it
        logger.warning(found.message, extra={"cause": str(found.__cause__)})
    return json_answer(found.status, found.document, found.headers)
