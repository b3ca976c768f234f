"""Lambda: a message for every file dropped under transactions/ starts at most one training job."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer

from functions import settings
from functions.aws import clients, metrics, queue
from functions.aws.announcements import Announcer
from functions.train import source
from functions.train.training import Ports, on_file_dropped
from functions.train.uploads import FileDropped

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient

logger, tracer = Logger(), Tracer()


@cache
def aws_ports() -> Ports:
    return wire(settings.load(settings.TrainSettings), clients.s3(), clients.sagemaker(), clients.sns())


def wire(found: settings.TrainSettings, s3: S3Client, sagemaker: SageMakerClient, sns: SNSClient) -> Ports:
    announcer = Announcer(s3, sns, found.bucket, found.topic_arn, now)
    return Ports(s3, sagemaker, announcer, found, source.package, now, metrics.count, logger)


def now() -> datetime:
    return datetime.now(UTC)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Ports | None = None) -> PartialItemFailureResponse:
    wired = ports or aws_ports()
    return queue.process(
        event, context, lambda record: on_file_dropped(FileDropped.from_event(record.json_body), wired)
    )
