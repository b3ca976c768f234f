"""Lambda: a message for every file dropped under batch/in/, and for what is left of a long one, scores its rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from functions import settings
from functions.aws import clients, queue
from functions.aws.announcements import Announcer
from functions.bulk.files import Files
from functions.bulk.run import Run
from functions.bulk.scorer import Scorer
from functions.score import wiring
from functions.score.scoring import Scoring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

logger = Logger()
ENOUGH_MS = 120_000  # of the function's time, to begin with another part of a file or to put its parts together


def wire(
    found: settings.BulkSettings,
    scoring: Scoring,
    s3: S3Client,
    sqs: SQSClient,
    sns: SNSClient,
    now: Callable[[], datetime] = wiring.utc_now,
    pause: Callable[[float], None] = time.sleep,
) -> Files:
    announcer, scorer = Announcer(s3, sns, found.bucket, found.topic_arn, now), Scorer(scoring, pause)
    return Files(s3, sqs, announcer, scorer, found.bucket, found.queue_url, found.poll_seconds, now)


@cache
def aws_ports() -> Files:
    found = settings.load(settings.BulkSettings)
    return wire(found, wiring.aws_scoring(found, logger), clients.s3(), clients.sqs(), clients.sns())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Files | None = None) -> PartialItemFailureResponse:
    files = ports or aws_ports()

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > ENOUGH_MS

    return queue.process(event, context, lambda record: files.on_message(Run.from_body(record.json_body), has_time))
