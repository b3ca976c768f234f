"""SQS batches: a message is done, or comes back later without counting as an error, or fails."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Outcome(Enum):
    DONE = "done"
    LATER = "later"


def process(
    event: dict[str, Any], context: LambdaContext, handle: Callable[[SQSRecord], Outcome]
) -> PartialItemFailureResponse:
    """When every record fails the invocation fails, which the function's alarm sees. Waiting is no failure."""
    later: list[str] = []

    def one(record: SQSRecord) -> None:
        if handle(record) is Outcome.LATER:
            later.append(record.message_id)

    response = process_partial_response(event, one, BatchProcessor(EventType.SQS), context)
    response["batchItemFailures"] += [cast("Any", {"itemIdentifier": message_id}) for message_id in later]
    return response
