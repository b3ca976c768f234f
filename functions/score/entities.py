"""What the history table knows of a transaction's entities, read for all of them at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import history
from functions.rest import problems

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from model.history import State

MOST_AT_ONCE = 8  # botocore keeps 10 connections


class Entities:
    def __init__(self, table: DynamoDBClient, name: str) -> None:
        self._table, self._name = table, name
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE)

    def states(self, keys: Mapping[str, str]) -> dict[str, State]:
        """By the names that the keys have. Reads are consistent: an event that was answered before is seen."""
        fields = list(keys)
        waiting = [self._threads.submit(self._state, keys[field]) for field in fields[1:]]
        try:
            found = [self._state(keys[field]) for field in fields[:1]] + [read.result() for read in waiting]
        except (ClientError, BotoCoreError) as error:
            raise problems.unavailable("history store") from error
        return dict(zip(fields, found, strict=True))

    def _state(self, key: str) -> State:
        return history.state(self._table.get_item(**history.reading(self._name, key)).get("Item"))
