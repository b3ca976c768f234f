"""Lambda behind POST /labels and the files under labels/: says of past decisions whether they were fraud."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST

from functions import settings
from functions.aws import clients, metrics, queue
from functions.aws.announcements import Announcer
from functions.label import api
from functions.label.files import Files, Message
from functions.label.recording import Recording
from functions.label.unknown import Unknown

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

logger = Logger()
CALLER_WAITS = 15.0  # seconds; one label more takes 12 when every call uses up its attempts, and the gateway waits 29
ENOUGH_MS = 30_000  # of the function's time, to begin with another hundred labels of a file


@dataclass(frozen=True)
class Ports:
    recording: Recording
    files: Files


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(
    found: settings.LabelSettings,
    table: DynamoDBClient,
    s3: S3Client,
    sqs: SQSClient,
    sns: SNSClient,
    now: Callable[[], datetime] = utc_now,
    pause: Callable[[float], None] = time.sleep,
) -> Ports:
    unknown = Unknown(s3, found.bucket, now)
    recording = Recording(table, found.decisions_table, found.history_table, unknown, now, pause, metrics.count)
    announcer = Announcer(s3, sns, found.bucket, found.topic_arn, now)
    return Ports(recording, Files(s3, sqs, announcer, recording, found.bucket, found.queue_url))


@cache
def aws_ports() -> Ports:
    found = settings.load(settings.LabelSettings)
    return wire(found, clients.label_table(), clients.s3(), clients.sqs(), clients.sns())


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Ports | None = None) -> Any:
    wired = ports or aws_ports()
    if "Records" in event:

        def has_time() -> bool:
            return context.get_remaining_time_in_millis() > ENOUGH_MS

        return queue.process(
            event,
            context,
            lambda record: wired.files.on_message(Message.from_body(record.json_body), has_time),
        )
    until = time.monotonic() + CALLER_WAITS
    return api.answer(event, wired.recording, lambda: time.monotonic() < until, logger)
