"""Lambda: a message when config/rules.yaml or the model that serves has changed; what is there by then counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer

from functions import settings
from functions.aws import clients, metrics, queue
from functions.aws.announcements import Announcer
from functions.rules.coming import Coming

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

logger, tracer = Logger(), Tracer()


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(found: settings.RulesSettings, s3: S3Client, sns: SNSClient, now: Callable[[], datetime] = utc_now) -> Coming:
    announcer = Announcer(s3, sns, found.bucket, found.topic_arn, now)
    return Coming(s3, announcer, found.bucket, now, metrics.count, logger)


@cache
def aws_ports() -> Coming:
    return wire(settings.load(settings.RulesSettings), clients.s3(), clients.sns())


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(
    event: dict[str, Any], context: LambdaContext, *, ports: Coming | None = None
) -> PartialItemFailureResponse:
    wired = ports or aws_ports()
    return queue.process(event, context, lambda _: wired.settle())
