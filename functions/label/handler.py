"""Lambda behind POST /labels: says of past decisions whether they were fraud."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from functions import settings
from functions.aws import clients, metrics
from functions.label import api
from functions.label.recording import Recording
from functions.label.unknown import Unknown

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

logger = Logger()
ENOUGH_MS = 12_000  # of the function's time: what one label may take when every call uses up its attempts


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(
    found: settings.LabelSettings, table: DynamoDBClient, s3: S3Client, now: Callable[[], datetime] = utc_now
) -> Recording:
    unknown = Unknown(s3, found.bucket, now)
    return Recording(table, found.decisions_table, found.history_table, unknown, now, time.sleep, metrics.count)


@cache
def aws_ports() -> Recording:
    return wire(settings.load(settings.LabelSettings), clients.label_table(), clients.scoring_s3())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Recording | None = None) -> dict[str, Any]:
    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > ENOUGH_MS

    return api.answer(event, ports or aws_ports(), has_time, logger)
