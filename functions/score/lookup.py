"""What the tables know of a transaction: the history of its entities, and which of its values are on a deny or an allow
list. All of it is read in one request, and waited for no longer than there is time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import history, lists
from model.lists import ALLOW, DENY

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient

    from model.history import State

MOST_AT_ONCE = 16  # the eight of a batch, and reads that were given up, which hold their threads for seconds
Answer = Mapping[str, Any]  # DynamoDB's to a BatchGetItem


@dataclass(frozen=True)
class Listed:
    """Names of fields. Where the table could not be read, nobody counts as listed."""

    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    is_known: bool = True


@dataclass(frozen=True)
class Tables:
    """Reads are consistent: an event that was answered before is seen, and so is who was put on a list."""

    table: DynamoDBClient
    history: str
    lists: str
    now: Callable[[], datetime]
    logger: Logger
    threads: Executor

    def begin(self, entities: Mapping[str, str], values: Mapping[str, str]) -> Lookup:
        """`entities` are keys of the history by field, `values` are keys of the lists."""
        wanted = history.wanted(self.history, entities.values()) | lists.wanted(self.lists, values.values())
        return Lookup(self, entities, values, self.threads.submit(self._read, wanted))

    def _read(self, wanted: dict[str, Any]) -> Answer:
        return self.table.batch_get_item(RequestItems=wanted) if wanted else {"Responses": {}}


@dataclass(frozen=True)
class Lookup:
    """Of one transaction, begun."""

    tables: Tables
    entities: Mapping[str, str]
    values: Mapping[str, str]
    reading: Future[Answer]

    def states(self, seconds: float) -> dict[str, State]:
        """By field, of the entities that were read in so many seconds."""
        if not self.entities:
            return {}
        try:
            answer = self.reading.result(seconds)
        except (ClientError, BotoCoreError, TimeoutError) as error:
            self._warn("History could not be read", reason=str(error) or "not in time")
            return {}
        read = history.states(answer, self.tables.history, self.entities.values())
        found = {field: read[key] for field, key in self.entities.items() if key in read}
        if len(found) < len(self.entities):
            self._warn("History was read in part", unread=sorted(self.entities.keys() - found.keys()))
        return found

    def listed(self) -> Listed:
        """By what was read until now; what was not is not waited for."""
        if not self.values:
            return Listed()
        if not self.reading.done():
            self.reading.cancel()
            return Listed(is_known=False)
        try:
            answer = self.reading.result()
        except (ClientError, BotoCoreError) as error:
            self._warn("The lists could not be read", error=str(error))
            return Listed(is_known=False)
        on = lists.in_force(answer["Responses"].get(self.tables.lists, ()), self.tables.now())
        listed = {field: on.get(key) for field, key in self.values.items()}
        return Listed(
            denied=tuple(field for field, found in listed.items() if found == DENY),
            allowed=tuple(field for field, found in listed.items() if found == ALLOW),
            is_known=self.tables.lists not in answer.get("UnprocessedKeys", {}),  # throttled
        )

    def _warn(self, message: str, **more: Any) -> None:
        self.tables.logger.warning(message, extra=more)
