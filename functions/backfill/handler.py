"""Lambda: a message for every part of a model's history merges it into the table that scoring reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer

from functions import settings
from functions.aws import clients, metrics, queue
from functions.aws.queue import Outcome
from functions.aws.stack_key import StackKey
from functions.backfill.loading import Loading
from functions.backfill.part import Part
from functions.backfill.plans import Plans
from functions.backfill.writing import Writing

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

logger, tracer = Logger(), Tracer()
THREADS = 16  # writes at once
ENOUGH_MS = 30_000  # of the function's time, for a hundred entities
SECONDS_UNTIL_IT_GOES_ON = 1


@dataclass(frozen=True)
class Ports:
    loading: Loading
    sqs: SQSClient
    queue_url: str


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(
    found: settings.BackfillSettings,
    s3: S3Client,
    table: DynamoDBClient,
    sqs: SQSClient,
    secrets: Callable[[], SecretsManagerClient],
    now: Callable[[], datetime] = utc_now,
    pause: Callable[[float], None] = time.sleep,
    threads: Executor | None = None,
) -> Ports:
    writing = Writing(table, found.history_table, threads or ThreadPoolExecutor(THREADS), pause)
    plans, key = Plans(s3, found.bucket), StackKey(secrets, found.stack_key_arn)
    loading = Loading(s3, found.bucket, plans, key, writing, now, metrics.count)
    return Ports(loading, sqs, found.queue_url)


@cache
def aws_ports() -> Ports:
    found = settings.load(settings.BackfillSettings)
    return wire(found, clients.s3(), clients.background_table(THREADS), clients.sqs(), clients.secrets)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Ports | None = None) -> PartialItemFailureResponse:
    wired = ports or aws_ports()
    return queue.process(event, context, lambda record: _on_message(record, wired, context))


def _on_message(record: SQSRecord, ports: Ports, context: LambdaContext) -> Outcome:
    part = Part.from_message(record.json_body)
    outcome = ports.loading.load(part, lambda: context.get_remaining_time_in_millis() > ENOUGH_MS)
    logger.info("A part of the history", extra={"job": part.job, "part": part.name, "outcome": outcome.value})
    if outcome is Outcome.LATER:
        ports.sqs.change_message_visibility(
            QueueUrl=ports.queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=SECONDS_UNTIL_IT_GOES_ON,
        )
    return outcome
