"""What every answer of the API has in common, in the form that API Gateway wants of a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from functions.rest.problems import ProblemError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def headers(event: dict[str, Any]) -> dict[str, str]:
    """Of every answer: the gateway's id of the request, as its log and ours have it. What is answered is of its moment
    and often about a person, so nobody on the way may keep it."""
    return {"x-request-id": event["requestContext"]["requestId"], "Cache-Control": "no-store"}


def json_answer(status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    return text_answer(status, "application/json", json.dumps(document), headers or {})


def text_answer(status: int, content_type: str, text: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type} | headers,
        "body": text,
        "isBase64Encoded": False,
    }


def respond(event: dict[str, Any], work: Callable[[], dict[str, Any]], logger: Logger) -> dict[str, Any]:
    """What the work answers, or the problem that it met."""
    try:
        answered = work()
    except ProblemError as problem:
        note(problem, logger)
        answered = json_answer(problem.status, problem.document, problem.headers)
    answered["headers"] |= headers(event)
    return answered


def note(found: ProblemError, logger: Logger) -> None:
    if found.__cause__ is not None:  # a service's refusal: the caller cannot mend it, so somebody must read of it
        logger.warning(found.message, extra={"cause": str(found.__cause__)})
