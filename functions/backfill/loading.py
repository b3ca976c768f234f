"""Merges a part into the table beside live scoring. What is missing is added, so events in between are not lost, and a
mark on the item says who added last, so a part that comes twice at once adds once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from functions.aws import errors, objects
from functions.aws import history as items
from functions.aws.queue import Outcome
from functions.backfill.part import Entity, Part
from model.contract import Contract
from model.history_merge import merge
from model.history_state import Change
from model.windows import Plan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    Item = Mapping[str, Any]

AT_ONCE = 100  # keys of one BatchGetItem
TRIES = 20  # an entity whose events come that fast has all it needs from them within the hour


@dataclass(frozen=True)
class Knowledge:
    """What a training job's model remembers by, and how its additions are marked."""

    plan: Plan
    mark: str
    expires_at: int


class BusyError(Exception):
    """The table does not take what it is given; the part comes again and goes on where it ended."""


@dataclass(frozen=True)
class Loading:
    s3: S3Client
    table: DynamoDBClient
    bucket: str
    table_name: str
    threads: Executor
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    count: Callable[[str, int], None]

    def load(self, part: Part, has_time: Callable[[], bool]) -> Outcome:
        if objects.exists(self.s3, self.bucket, part.marker):
            return Outcome.DONE
        plan = Contract.from_json(self._read(f"runs/{part.job}/contract.json")).schema.history_plan
        mark = hashlib.sha256(part.job.encode()).hexdigest()[:8]
        job = Knowledge(plan, mark, items.expiry(self.now(), plan.memory))
        entities = written = 0
        for batch in batched(part.entities(self._read(part.key), plan.id), AT_ONCE):
            if not has_time():
                return Outcome.LATER
            written += self._merge(batch, job)
            entities += len(batch)
        self.count("EntitiesLoaded", written)
        summary = {"entities": entities, "written": written, "at": self.now().isoformat()}
        self.s3.put_object(Bucket=self.bucket, Key=part.marker, Body=objects.as_json(summary))
        return Outcome.DONE

    def _merge(self, batch: Iterable[Entity], job: Knowledge) -> int:
        entities = list(batch)
        live = self._live([entity.key for entity in entities])

        def write(entity: Entity) -> bool:
            return self._write(entity, live.get(entity.key), job)

        return sum(self.threads.map(write, entities))

    def _live(self, keys: list[str]) -> dict[str, Item]:
        wanted: dict[str, Any] = items.reading_many(self.table_name, keys)
        found: dict[str, Item] = {}
        for attempt in range(TRIES):
            answer = self.table.batch_get_item(RequestItems=wanted)
            found |= {str(item[items.KEY]["S"]): item for item in answer["Responses"].get(self.table_name, [])}
            wanted = answer.get("UnprocessedKeys", {})
            if not wanted:
                return found
            self.pause(min(1.0, 0.05 * 2**attempt))
        raise BusyError(f"{self.table_name} leaves keys unread")

    def _write(self, entity: Entity, item: Item | None, job: Knowledge) -> bool:
        """Whether there was anything to write."""
        for _ in range(TRIES):
            try:
                if item is None:
                    self.table.put_item(**items.creation(self.table_name, entity.key, entity.state, job.expires_at))
                    return True
                change = merge(job.plan, entity.state, items.state(item))
                if items.is_loaded(item, job.mark) or change == Change():
                    return False
                request: Any = items.merging(self.table_name, entity.key, change, job.expires_at, item, job.mark)
                self.table.update_item(**request)
                return True
            except ClientError as error:
                if errors.code(error) != "ConditionalCheckFailedException":
                    raise
                item = cast("dict[str, Any]", error.response).get("Item")
        raise BusyError("an entity changes faster than it can be read")

    def _read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
