"""Joins labels with decisions: read, step, write what was read or start again. Who has no decision is set aside."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import errors
from functions.label import requests
from functions.label.label import Label
from functions.label.trail import UNCHANGED, UNKNOWN, Kept, Step, step
from functions.label.unknown import Unknown

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 8
FIRST_PAUSE = 0.02  # seconds; doubles with each try, and a random part keeps two writers from meeting again
ORPHANS_LAST = timedelta(days=500)  # of a fraud count whose entity had expired: longer than the longest window


class BusyError(Exception):
    """Others went on writing the same rows, or the tables are throttled; later it will work."""


@dataclass(frozen=True)
class Recording:
    table: DynamoDBClient
    decisions: str
    history: str
    unknown: Unknown
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    count: Callable[[str, int], None]

    def record(self, labels: Sequence[Label], has_time: Callable[[], bool]) -> list[Step] | None:
        """One step per label in their order; None when time was up. What was done by then stays done."""
        steps: list[Step] = []
        for label in labels:
            if not has_time():
                return None
            steps.append(self._record(label))
        self.unknown.set_aside([label for label, done in zip(labels, steps, strict=True) if done.status == UNKNOWN])
        for status in {done.status for done in steps}:
            self.count(f"Labels_{status}", sum(done.status == status for done in steps))
        return steps

    def _record(self, label: Label) -> Step:
        for attempt in range(TRIES):
            try:
                return self._attempt(label)
            except (ClientError, BotoCoreError) as error:
                if not errors.may_pass(error):
                    raise
            self.pause(FIRST_PAUSE * 2**attempt * (0.5 + random.random()))  # noqa: S311 (spreads tries, no secret)
        raise BusyError

    def _attempt(self, label: Label) -> Step:
        item = self.table.get_item(**requests.find(self.decisions, label.transaction_id)).get("Item")
        if item is None:
            return Step(UNKNOWN, None, None)
        kept = Kept.from_item(item)
        done = step(kept, label, self.now())
        if done.status != UNCHANGED:
            expires_at = int((self.now() + ORPHANS_LAST).timestamp())
            request: dict[str, Any] = requests.write(
                self.decisions, self.history, label.transaction_id, kept, done, expires_at
            )
            self.table.transact_write_items(**request)
        return done
