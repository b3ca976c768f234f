"""Writes what a job knows of entities. What is missing is added, so that events in between are not lost, and a mark on
the item says who added last, so that a part that comes twice at once adds once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from functions.aws import errors
from functions.aws import history as items
from model.history_merge import merge
from model.history_state import Change
from model.windows import Plan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from model.history_state import State

    Item = Mapping[str, Any]

MOST_PUTS = 25  # of one BatchWriteItem
TRIES = 20  # an entity whose events come that fast has all it needs from them within the hour


class BusyError(Exception):
    """The table does not take what it is given; the part comes again and goes on where it ended."""


@dataclass(frozen=True)
class Knowledge:
    """What a training job's model remembers by, until when, and how the job's additions are marked."""

    job: str
    plan: Plan
    expires_at: int

    @cached_property
    def mark(self) -> str:
        return hashlib.sha256(self.job.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Writing:
    table: DynamoDBClient
    name: str
    threads: Executor
    pause: Callable[[float], None]

    def find(self, keys: list[str]) -> dict[str, Item]:
        wanted: dict[str, Any] = items.wanted(self.name, keys)
        found: dict[str, Item] = {}
        for attempt in range(TRIES):
            answer = self.table.batch_get_item(RequestItems=wanted)
            found |= items.found(answer, self.name)
            left = answer.get("UnprocessedKeys")
            if not left:
                return found
            wanted = left
            self._rest(attempt)
        raise BusyError(f"{self.name} leaves keys unread")

    def put_all(self, states: Mapping[str, State], job: Knowledge) -> None:
        """In bulk, which knows no conditions: only where nobody else writes."""

        def put(batch: tuple[str, ...]) -> None:
            waiting: dict[str, Any] = items.putting_many(self.name, {key: states[key] for key in batch}, job.expires_at)
            for attempt in range(TRIES):
                waiting = self.table.batch_write_item(RequestItems=waiting).get("UnprocessedItems", {})
                if not waiting:
                    return
                self._rest(attempt)
            raise BusyError(f"{self.name} leaves items unwritten")

        list(self.threads.map(put, batched(states, MOST_PUTS)))

    def merge_all(self, entities: Iterable[tuple[str, State, Item | None]], job: Knowledge) -> int:
        """How many had something to add."""

        def merge_one(entity: tuple[str, State, Item | None]) -> bool:
            return self._merge(*entity, job)

        return sum(self.threads.map(merge_one, entities))

    def _merge(self, key: str, known: State, item: Item | None, job: Knowledge) -> bool:
        for _ in range(TRIES):
            try:
                if item is None:
                    self.table.put_item(**items.creation(self.name, key, known, job.expires_at))
                    return True
                change = merge(job.plan, known, items.state(item))
                if items.is_loaded(item, job.mark) or change == Change():
                    return False
                request: Any = items.merging(self.name, key, change, job.expires_at, item, job.mark)
                self.table.update_item(**request)
                return True
            except ClientError as error:
                if errors.code(error) != "ConditionalCheckFailedException":
                    raise
                item = cast("dict[str, Any]", error.response).get("Item")
        raise BusyError("an entity changes faster than it can be read")

    def _rest(self, attempt: int) -> None:
        self.pause(min(1.0, 0.05 * 2**attempt))
