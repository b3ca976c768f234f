"""A decision and what its event adds to its entities' history are one transaction: both are written, or neither."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import errors
from functions.aws import history as items
from functions.rest import problems
from functions.score.decisions import Decisions, Row
from model import history

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from model.history import State
    from model.transaction import Transaction
    from model.windows import Plan

TRY_FOR = 3.5  # seconds: two attempts that nobody answers, and a third; functions/aws/clients.py has the sum
LONGEST_PAUSE = 0.1
NOT_COUNTED: dict[str, Any] = {"keys": [], "label": {}}


@dataclass(frozen=True)
class Event:
    """A transaction, and what was known of its entities when it was scored. Those that could not be read count as never
    seen; where that is wrong, the table refuses to write it, and brings along what it knows."""

    plan: Plan
    transaction: Transaction
    keys: Mapping[str, str]
    states: Mapping[str, State]
    unread: frozenset[str] = frozenset()


def note(event: Event, is_counted: bool = True) -> dict[str, Any]:
    """What a label needs to find the counters of its event, whatever model serves by then; and what was not known."""
    found = NOT_COUNTED
    if is_counted:
        judged = history.judge(event.plan, event.transaction, 1)
        found = {"keys": list(event.keys.values()), "label": judged.add}
    if event.unread:
        found = found | {"status": "partial" if len(event.unread) < len(event.keys) else "unavailable"}
    return found


@dataclass(frozen=True)
class Recorder:
    table: DynamoDBClient
    decisions: Decisions
    history_table: str
    clock: Callable[[], float]
    pause: Callable[[float], None]

    def record(self, new: Row, event: Event | None, now: datetime) -> Row:
        """The row that is in the table afterwards: the new one, or the one that was there before."""
        states = dict(event.states) if event else {}
        refused: Exception | None = None
        for _ in self._attempts():
            updates = self._updates(event, states, now) if event else {}
            if not updates:
                return self.decisions.record(new)
            refused = self._write(new, updates)
            if refused is None:
                return new
            reasons = errors.reasons(refused)
            if not reasons:  # throttled or away as a whole
                continue
            if reasons[0]["Code"] == errors.FAILED_CONDITION:  # scored before: counted before
                return Row.from_item(reasons[0]["Item"])
            for field, reason in zip(updates, reasons[1:], strict=True):
                if (
                    reason["Code"] == errors.FAILED_CONDITION
                ):  # another event came in between, this one adds to what it left
                    states[field] = items.state(reason.get("Item"))
        raise problems.unavailable("history store") from refused

    def _updates(self, event: Event, states: Mapping[str, State], now: datetime) -> dict[str, dict[str, Any]]:
        expires_at = items.expiry(now, event.plan.memory)
        return {
            field: items.update(self.history_table, event.keys[field], change, expires_at, states[field])
            for field, change in history.observe(event.plan, event.transaction, states).items()
        }

    def _write(self, new: Row, updates: Mapping[str, dict[str, Any]]) -> Exception | None:
        """None when it is written; the refusal when another attempt may do. That may also follow a write whose answer
        was lost: it finds the decision there."""
        members: Any = [{"Put": self.decisions.putting(new)}, *({"Update": update} for update in updates.values())]
        try:
            self.table.transact_write_items(TransactItems=members)
        except (ClientError, BotoCoreError) as error:
            if not errors.may_pass(error):
                raise problems.unavailable("decision store") from error
            return error
        return None

    def _attempts(self) -> Iterator[int]:
        """Events of one entity at the same moment get in each other's way: they part by pauses of random length."""
        give_up_at = self.clock() + TRY_FOR
        attempt = 0
        while attempt == 0 or self.clock() < give_up_at:
            yield attempt
            attempt += 1
            self.pause(random.uniform(0, min(LONGEST_PAUSE, 0.005 * 2**attempt)))  # noqa: S311 (no secret)
