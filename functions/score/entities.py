"""What the history table knows of a transaction's entities, read for all of them at once and waited for no longer than
there is time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import history

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb import DynamoDBClient

    from model.history import State

MOST_AT_ONCE = 16  # the eight of a batch, and reads that were given up, which hold their threads for seconds


class Entities:
    def __init__(self, table: DynamoDBClient, name: str, logger: Logger) -> None:
        self._table, self._name, self._logger = table, name, logger
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE)

    def states(self, keys: Mapping[str, str], seconds: float) -> dict[str, State]:
        """Of those that were read in time, by the names that the keys have. Reads are consistent: an event that was
        answered before is seen."""
        if not keys:
            return {}
        reading = self._threads.submit(self._read, tuple(keys.values()))
        try:
            read = reading.result(seconds)
        except (ClientError, BotoCoreError, TimeoutError) as error:
            reading.cancel()
            self._logger.warning("History could not be read", extra={"reason": str(error) or "not in time"})
            return {}
        found = {field: read[key] for field, key in keys.items() if key in read}
        if len(found) < len(keys):
            self._logger.warning("History was read in part", extra={"unread": sorted(keys.keys() - found.keys())})
        return found

    def _read(self, keys: tuple[str, ...]) -> dict[str, State]:
        return history.states(self._table.batch_get_item(**history.reading(self._name, keys)), self._name, keys)
