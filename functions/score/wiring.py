"""All that scoring a transaction takes, put together: for requests, and for files."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from functions.aws import clients, metrics
from functions.aws.stack_key import StackKey
from functions.score.breaker import Breaker
from functions.score.deadline import Deadline
from functions.score.decisions import Decisions
from functions.score.endpoint import Endpoint
from functions.score.hiding import Hiding
from functions.score.judging import Judging
from functions.score.live import LiveModel
from functions.score.lookup import MOST_AT_ONCE, Tables
from functions.score.recording import Recorder
from functions.score.rules import RulesInForce
from functions.score.ruling import Ruling
from functions.score.schema_in_force import SchemaInForce
from functions.score.scoring import Scoring
from functions.score.shadow import Shadow

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

    from functions.settings import ScoreSettings

BESIDE = 16  # calls beside a request or the eight of a batch: of the endpoint, some given up, and of the bucket


def utc_now() -> datetime:
    return datetime.now(UTC)


def aws_scoring(found: ScoreSettings, logger: Logger) -> Scoring:
    runtime = clients.scoring_endpoint(found.score_budget_ms / 1000)
    tables = clients.scoring_table(), clients.recording_table()
    return scoring(found, clients.scoring_s3(), *tables, runtime, logger)


def scoring(
    found: ScoreSettings,
    s3: S3Client,
    table: DynamoDBClient,
    recording: DynamoDBClient,
    runtime: SageMakerRuntimeClient,
    logger: Logger,
    pool: Callable[[int], Executor] = ThreadPoolExecutor,
) -> Scoring:
    threads, breaker = pool(BESIDE), Breaker(time.monotonic)
    live = LiveModel(s3, found.bucket, time.monotonic, threads, logger)
    decisions = Decisions(table, found.decisions_table)
    rules = RulesInForce(s3, found.bucket, time.monotonic, logger)
    reads = pool(MOST_AT_ONCE)
    return Scoring(
        live=live,
        schema=SchemaInForce(s3, found.bucket),
        hiding=Hiding(StackKey(clients.secrets, found.stack_key_arn), threads),
        tables=Tables(table, found.history_table, found.lists_table, utc_now, logger, reads),
        judging=Judging(live, Endpoint(runtime, breaker, threads, metrics.count)),
        decisions=decisions,
        recorder=Recorder(recording, decisions, found.history_table, time.monotonic, time.sleep),
        ruling=Ruling(rules, threads, metrics.count),
        shadow=Shadow(s3, found.bucket, live, time.monotonic, threads, logger),
        retention_days=found.retention_days,
        deadline=partial(Deadline.after, found.score_budget_ms / 1000, time.monotonic),
        now=utc_now,
        count=metrics.count,
        measure=metrics.measure,
        logger=logger,
    )
