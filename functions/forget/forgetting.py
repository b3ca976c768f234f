"""Deletes items of the three tables. Done twice it deletes nothing more, and what was not reached in time is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from functions.aws import history, lists, objects
from functions.forget.wanted import Wanted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

PLANS = "history/"  # in the bucket, functions/backfill/plans.py leaves a folder for each plan


@dataclass
class Forgotten:
    """How many items were deleted, and how far the decisions were read: `continue_from` is None at their end."""

    history: int = 0
    lists: int = 0
    decisions: int = 0
    decisions_read: int = 0
    decided_on: set[str] = field(default_factory=set)  # days
    continue_from: str | None = None

    @property
    def is_all(self) -> bool:
        return self.continue_from is None


@dataclass(frozen=True)
class Forgetting:
    s3: S3Client
    table: DynamoDBClient
    bucket: str
    decisions: str
    history: str
    lists: str

    def forget(self, wanted: Wanted, plan: str, has_time: Callable[[], bool]) -> Forgotten:
        """Decisions last: there may be many, and history and lists are the same few requests each time."""
        plans = {plan} | {key.split("/")[1] for key in objects.all_keys(self.s3, self.bucket, PLANS)}
        done = Forgotten(continue_from=wanted.continue_from)
        done.history = sum(self._delete(self.history, {history.KEY: key}) for key in wanted.history_keys(plans))
        done.lists = sum(self._delete(self.lists, {lists.KEY: key}) for key in wanted.list_keys())
        for page in self._pages(wanted.continue_from):
            self._forget_decisions(wanted, page["Items"], done)
            done.continue_from = page.get("LastEvaluatedKey", {}).get("transaction_id", {}).get("S")
            if not has_time():
                break
        return done

    def _pages(self, continue_from: str | None) -> Iterator[dict[str, Any]]:
        """All decisions, a megabyte at a time: the table knows them by their ids alone."""
        request: dict[str, Any] = {
            "TableName": self.decisions,
            "ConsistentRead": True,
            "ProjectionExpression": "transaction_id, decided_at, #transaction",
            "ExpressionAttributeNames": {"#transaction": "transaction"},
        }
        while True:
            if continue_from is not None:
                request["ExclusiveStartKey"] = {"transaction_id": {"S": continue_from}}
            page: dict[str, Any] = dict(self.table.scan(**request))
            yield page
            if "LastEvaluatedKey" not in page:
                return
            continue_from = page["LastEvaluatedKey"]["transaction_id"]["S"]

    def _forget_decisions(self, wanted: Wanted, rows: list[dict[str, Any]], done: Forgotten) -> None:
        for row in rows:
            if "transaction" in row and wanted.is_in(row["transaction"]["S"]):
                done.decisions += self._delete(self.decisions, {"transaction_id": row["transaction_id"]["S"]})
                done.decided_on.add(row["decided_at"]["S"][:10])
        done.decisions_read += len(rows)

    def _delete(self, table: str, key: dict[str, str]) -> bool:
        """Whether there was something to delete."""
        named: Any = {name: {"S": value} for name, value in key.items()}
        return "Attributes" in self.table.delete_item(TableName=table, Key=named, ReturnValues="ALL_OLD")
