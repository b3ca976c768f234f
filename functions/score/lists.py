"""Which of a transaction's values are on a deny or an allow list, read in one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import lists as items
from model.lists import ALLOW, DENY

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Listed:
    """Names of fields. Where the table could not be read, nobody counts as listed."""

    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    is_known: bool = True


@dataclass(frozen=True)
class Lists:
    table: DynamoDBClient
    name: str
    now: Callable[[], datetime]
    logger: Logger

    def read(self, keys: Mapping[str, str]) -> Listed:
        if not keys:
            return Listed()
        request: dict[str, Any] = items.reading(self.name, keys.values())
        try:
            answer = self.table.batch_get_item(**request)
        except (ClientError, BotoCoreError) as error:
            self.logger.warning("The lists could not be read", extra={"error": str(error)})
            return Listed(is_known=False)
        on = items.in_force(answer["Responses"].get(self.name, []), self.now())
        listed = {name: on.get(key) for name, key in keys.items()}
        return Listed(
            denied=tuple(name for name, found in listed.items() if found == DENY),
            allowed=tuple(name for name, found in listed.items() if found == ALLOW),
            is_known=not answer.get("UnprocessedKeys"),  # throttled
        )
