"""Brings a part into the table: in bulk while nobody else knows the plan, one by one beside live scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, cast

from functions.aws import history as items
from functions.aws import objects
from functions.aws.queue import Outcome
from functions.aws.stack_key import StackKey
from functions.backfill.part import Entity, Part
from functions.backfill.plans import Plans
from functions.backfill.writing import Knowledge, Writing
from model.contract import Contract

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from model.history_state import State
    from model.windows import Plan

AT_ONCE = 100  # keys of one BatchGetItem
AHEAD = timedelta(days=1)  # as in scoring: a later time is a mistake, and would put all of today's events out of reach


@dataclass(frozen=True)
class Loading:
    s3: S3Client
    bucket: str
    plans: Plans
    key: StackKey
    writing: Writing
    now: Callable[[], datetime]
    count: Callable[[str, int], None]

    def load(self, part: Part, has_time: Callable[[], bool]) -> Outcome:
        if objects.exists(self.s3, self.bucket, part.marker):
            return Outcome.DONE
        plan = Contract.from_json(self._read(f"runs/{part.job}/contract.json")).schema.history_plan
        job = Knowledge(part.job, plan, items.expiry(self.now(), plan.memory))
        is_first = self.plans.is_first(plan.id, part.job)
        entities = written = 0
        for batch in batched(self._entities(part, plan), AT_ONCE):
            if not has_time():
                return Outcome.LATER
            written += self._load(batch, job, alone=is_first and not self.plans.is_in_use(plan.id))
            entities += len(batch)
        self.count("EntitiesLoaded", written)
        summary = {"entities": entities, "written": written, "at": self.now().isoformat()}
        self.s3.put_object(Bucket=self.bucket, Key=part.marker, Body=objects.as_json(summary))
        return Outcome.DONE

    def _entities(self, part: Part, plan: Plan) -> Iterator[Entity]:
        found = part.entities(self._read(part.key), plan.id)
        if not plan.sensitive:
            return found
        pseudonyms = self.key.pseudonyms()
        return (Entity(*pseudonyms.hide_state(plan, entity.key, entity.state)) for entity in found)

    def _load(self, batch: Iterable[Entity], job: Knowledge, alone: bool) -> int:
        newest = int((self.now() + AHEAD).timestamp()) * 1_000_000
        entities = {entity.key: entity.state for entity in batch if _last(entity.state) <= newest}
        found = self.writing.find(list(entities))
        unseen = {key: state for key, state in entities.items() if key not in found} if alone else {}
        self.writing.put_all(unseen, job)
        others = [(key, state, found.get(key)) for key, state in entities.items() if key not in unseen]
        return len(unseen) + self.writing.merge_all(others, job)

    def _read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()


def _last(state: State) -> int:
    return cast("int", state.get("last", 0))
