"""Lambda: every quarter of an hour it compares what SageMaker says with what was handled, and says what it mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer
from botocore.exceptions import BotoCoreError, ClientError

from functions import settings
from functions.aws import clients, errors, metrics
from functions.aws.announcements import Announcer
from functions.monitor.cleaning import Cleaning
from functions.monitor.endpoint import Comparison
from functions.monitor.idle import Idle
from functions.monitor.look import Look
from functions.monitor.lost import Lost
from functions.monitor.messages import Messages
from functions.monitor.packages import Packages
from functions.monitor.records import Records

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

logger, tracer = Logger(), Tracer()
Task = tuple[str, Callable[[], None]]


class UnfinishedError(Exception):
    """Some of the monitor's tasks failed; the next run does them anew."""


@dataclass(frozen=True)
class Ports:
    tasks: tuple[Task, ...]


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(
    found: settings.MonitorSettings,
    s3: S3Client,
    sagemaker: SageMakerClient,
    sns: SNSClient,
    sqs: SQSClient,
    cloudwatch: CloudWatchClient,
    now: Callable[[], datetime] = utc_now,
) -> Ports:
    stack, bucket, count = found.stack_name, found.bucket, metrics.count
    on_its_way = timedelta(seconds=found.lost_after_seconds)
    announcer = Announcer(s3, sns, bucket, found.topic_arn, now)
    records, look, packages = Records(s3, bucket), Look(sagemaker, found.endpoint_name), Packages(sagemaker, stack)
    messages = Messages(s3, sqs, announcer, records, bucket, found.queue_url, now, count, logger)
    return Ports((
        ("endpoint", Comparison(s3, look, records, packages, messages, announcer, bucket, stack, on_its_way, now).make),
        ("lost", Lost(sagemaker, records, packages, messages, stack, on_its_way, now).tell),
        ("cleaning", Cleaning(sagemaker, look, records, stack, found.kept_models, count, logger).clean),
        ("idle", Idle(cloudwatch, look, announcer, found, now).tell),
    ))  # fmt: skip


@cache
def aws_ports() -> Ports:
    found = settings.load(settings.MonitorSettings)
    return wire(found, clients.s3(), clients.sagemaker(), clients.sns(), clients.sqs(), clients.cloudwatch())


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(_event: dict[str, Any], _context: LambdaContext, *, ports: Ports | None = None) -> None:
    """One task that fails keeps none of the others from being done."""
    failed = [name for name, task in (ports or aws_ports()).tasks if not _is_done(name, task)]
    if failed:
        raise UnfinishedError(f"failed: {', '.join(failed)}")


def _is_done(name: str, task: Callable[[], None]) -> bool:
    try:
        task()
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and errors.code(error) in errors.THROTTLED:
            logger.info("Throttled; the next run goes on", extra={"task": name})
            return True
        logger.exception("A task failed", extra={"task": name})
        return False
    return True
