"""What the history table knows of a transaction's entities, read for all of them at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import history

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient

    from model.history import State

MOST_AT_ONCE = 16  # connections, too (functions/aws/clients.py); reads that were given up hold theirs for seconds


class Entities:
    def __init__(self, table: DynamoDBClient, name: str, logger: Logger) -> None:
        self._table, self._name, self._logger = table, name, logger
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE)

    def states(self, keys: Mapping[str, str], seconds: float) -> dict[str, State]:
        """Of those that were read in time, by the names that the keys have. Reads are consistent: an event that was
        answered before is seen."""
        reads = {field: self._threads.submit(self._state, key) for field, key in keys.items()}
        wait(reads.values(), seconds)
        found: dict[str, State] = {}
        failed: dict[str, str] = {}
        for field, read in reads.items():
            try:
                found[field] = read.result(0)
            except (ClientError, BotoCoreError, TimeoutError) as error:
                read.cancel()
                failed[field] = str(error) or "not in time"
        if failed:
            self._logger.warning("History could not be read", extra={"failed": failed})
        return found

    def _state(self, key: str) -> State:
        return history.state(self._table.get_item(**history.reading(self._name, key)).get("Item"))
