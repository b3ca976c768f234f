"""The path POST /lists: one value, put on a list or taken off, in force with the next transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import lists as items
from functions.aws import serving
from functions.aws.stack_key import NoKeyError, StackKey
from functions.lists import entry
from functions.lists.entry import Entry
from functions.rest import answers, body, problems
from model.contract import ContractError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from model.field import Field
    from model.schema import Schema


@dataclass(frozen=True)
class Api:
    s3: S3Client
    table: DynamoDBClient
    bucket: str
    lists_table: str
    key: StackKey
    now: Callable[[], datetime]
    count: Callable[[str], None]
    logger: Logger

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        return answers.respond(event, lambda: self._listed(event), self.logger)

    def _listed(self, event: dict[str, Any]) -> dict[str, Any]:
        payload = body.read(event)
        found = entry.read(payload, self._schema(), self.now(), self._hide)
        try:
            self._write(found)
        except (ClientError, BotoCoreError) as error:
            raise problems.unavailable("table of lists") from error
        self.count(f"Listed_{found.list}")
        expires_at = found.expires_at.astimezone(UTC).isoformat() if found.expires_at else None
        return answers.json_answer(200, {"field": found.field, "list": found.list, "expires_at": expires_at})

    def _schema(self) -> Schema:
        try:
            contract = serving.contract(self.s3, self.bucket)
        except (ClientError, BotoCoreError, ContractError) as error:
            raise problems.unavailable("model's contract") from error
        if contract is None:
            raise problems.no_model()
        return contract.schema

    def _hide(self, field: Field, value: str) -> str:
        try:
            return self.key.pseudonyms().of(field, value)
        except NoKeyError as error:
            raise problems.unavailable("key of sensitive fields") from error

    def _write(self, found: Entry) -> None:
        """Sent again it does the same again, so a caller who got no answer sends it again."""
        request: dict[str, Any]
        if found.is_off:
            request = items.removing(self.lists_table, found.key)
            self.table.delete_item(**request)
        else:
            request = items.putting(self.lists_table, found.key, found.list, self.now(), found.expires_at, found.note)
            self.table.put_item(**request)
