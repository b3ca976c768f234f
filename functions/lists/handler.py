"""Lambda behind POST /lists: edits the lists that rules decide by, without a deployment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST

from functions import settings
from functions.aws import clients, metrics
from functions.aws.stack_key import StackKey
from functions.lists.api import Api

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

logger = Logger()


def utc_now() -> datetime:
    return datetime.now(UTC)


def wire(
    found: settings.ListsSettings,
    s3: S3Client,
    table: DynamoDBClient,
    secrets: Callable[[], SecretsManagerClient],
    now: Callable[[], datetime] = utc_now,
) -> Api:
    key = StackKey(secrets, found.stack_key_arn)
    return Api(s3, table, found.bucket, found.lists_table, key, now, metrics.count, logger)


@cache
def aws_ports() -> Api:
    return wire(settings.load(settings.ListsSettings), clients.scoring_s3(), clients.scoring_table(), clients.secrets)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], _: LambdaContext, *, ports: Api | None = None) -> dict[str, Any]:
    return (ports or aws_ports()).answer(event)
