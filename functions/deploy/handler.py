"""Lambda: a message for every training job that ended, every package that is approved, and every endpoint that was lost
brings a model to the endpoint, or tells why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer

from functions import settings
from functions.aws import clients, metrics, queue
from functions.aws.announcements import Announcer
from functions.aws.queue import Outcome
from functions.deploy import approval, restoration
from functions.deploy.attempts import Attempts
from functions.deploy.backfill import Backfill
from functions.deploy.candidate import Candidate
from functions.deploy.deployment import Deployment
from functions.deploy.endpoint import Hosting
from functions.deploy.proof import Proof
from functions.deploy.registry import Registry
from functions.deploy.rollout import Rollout

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

logger, tracer = Logger(), Tracer()
SHARE_OF_AGE = 0.05  # the next look is that much later than the message's age
LONGEST_PAUSE = 300  # seconds


@dataclass(frozen=True)
class Ports:
    deployment: Deployment
    sqs: SQSClient


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(
    found: settings.DeploySettings,
    s3: S3Client,
    sagemaker: SageMakerClient,
    logs: CloudWatchLogsClient,
    sns: SNSClient,
    sqs: SQSClient,
    cloudwatch: CloudWatchClient,
    runtime: SageMakerRuntimeClient,
    now: Callable[[], datetime] = utc_now,
) -> Ports:
    hosting = Hosting(sagemaker, cloudwatch, found)
    proof = Proof(s3, runtime, hosting, found.bucket, now)
    rollout = Rollout(hosting, Attempts(s3, found.bucket, now), Candidate(hosting, proof), proof)
    announcer = Announcer(s3, sns, found.bucket, found.topic_arn, now)
    backfill = Backfill(s3, sqs, announcer, found.stack_name, found.bucket, found.backfills_queue_url, now)
    registry = Registry(s3, sagemaker, found)
    deployment = Deployment(
        s3, logs, hosting, rollout, backfill, registry, announcer, found, now, metrics.count, logger
    )  # fmt: skip
    return Ports(deployment, sqs)


@cache
def aws_ports() -> Ports:
    found = settings.load(settings.DeploySettings)
    return wire(
        found,
        clients.s3(),
        clients.sagemaker(),
        clients.logs(),
        clients.sns(),
        clients.sqs(),
        clients.cloudwatch(),
        clients.proving_endpoint(),
    )


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Ports | None = None) -> PartialItemFailureResponse:
    wired = ports or aws_ports()
    return queue.process(event, context, lambda record: _on_message(record, wired))


def _on_message(record: SQSRecord, ports: Ports) -> Outcome:
    outcome = _on_event(record.json_body["detail"], ports.deployment)
    if outcome is Outcome.LATER:
        ports.sqs.change_message_visibility(
            QueueUrl=ports.deployment.settings.queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=_seconds_until_next_look(record, ports),
        )
    return outcome


def _on_event(detail: dict[str, Any], deployment: Deployment) -> Outcome:
    if "TrainingJobName" in detail:
        return deployment.on_job_ended(detail["TrainingJobName"])
    lost = restoration.read(detail)
    if lost:
        return deployment.on_endpoint_lost(lost)
    approved = approval.read(detail)
    return deployment.on_package_approved(approved) if approved else Outcome.DONE


def _seconds_until_next_look(record: SQSRecord, ports: Ports) -> int:
    """Longer after a long wait: a message may come back so often, and a large history may take its hours."""
    age = ports.deployment.now().timestamp() - int(record.attributes.sent_timestamp) / 1000
    return max(ports.deployment.settings.poll_seconds, min(LONGEST_PAUSE, int(age * SHARE_OF_AGE)))
