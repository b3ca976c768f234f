"""Lambda that people invoke: deletes what the tables hold of one entity, and tells what remains elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from functions import settings
from functions.aws import clients
from functions.aws.stack_key import StackKey
from functions.forget.asking import Asking
from functions.forget.forgetting import Forgetting

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

logger = Logger()
ENOUGH_MS = 60_000  # of the function's time, for another megabyte of decisions and what has to be deleted of them


def wire(
    found: settings.ForgetSettings,
    s3: S3Client,
    table: DynamoDBClient,
    secrets: Callable[[], SecretsManagerClient],
    audit: Logger = logger,
) -> Asking:
    tables = (found.decisions_table, found.history_table, found.lists_table)
    forgetting = Forgetting(s3, table, found.bucket, *tables)
    return Asking(s3, found.bucket, StackKey(secrets, found.stack_key_arn), forgetting, audit)


@cache
def aws_ports() -> Asking:
    return wire(settings.load(settings.ForgetSettings), clients.s3(), clients.background_table(1), clients.secrets)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Asking | None = None) -> dict[str, Any]:
    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > ENOUGH_MS

    return (ports or aws_ports()).answer(event, has_time)
