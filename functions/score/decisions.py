"""The decisions table: a decision is written once, before it is answered, under the caller's own id."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import errors
from functions.rest import problems
from model import pseudonyms
from model.decision import Decision
from model.schema import Schema
from model.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

# What rules, lists, test ids and a model in the shadow left behind, where they did.
NESTED_NOTES = ("rule", "shadow_rules", "rule_errors", "rules_left_out", "lists", "unreadable", "test", "shadow")
NOTES = ("model_outcome", "rules_version", *NESTED_NOTES)
# Nested values are kept as JSON text: they come back exactly as they were answered, and no number is too odd for them.
AS_JSON = ("reasons", "features", "transaction", "history", "label_trail", *NESTED_NOTES)
AS_NUMBER = ("fraud_probability", "score", "expires_at")
OF_A_MODEL = ("fraud_probability", "score", "model")  # a decision that no model made has none of them
LABELLED = ("label", "labelled_at", "label_trail")  # once it has a label
ANSWERED = ("transaction_id", "fraud_probability", "score", "outcome", "reasons", "model", "scored_by")


@dataclass(frozen=True)
class Row:
    """A decision as the table has it: every value in its Python form."""

    values: dict[str, Any]

    def answer(self) -> dict[str, Any]:
        return {name: self.values[name] for name in ANSWERED} | self.marks()

    def marks(self) -> dict[str, str]:
        """What the decision had to do without."""
        status = self.values.get("history", {}).get("status")
        return {"history": status} if status else {}

    def details(self) -> dict[str, Any]:
        details = {name: self.values[name] for name in ("decided_at", "features", "transaction")}
        later = {name: self.values[name] for name in (*NOTES, *LABELLED) if name in self.values}
        return self.answer() | details | later

    def with_notes(self, notes: Mapping[str, Any]) -> Row:
        return Row({**self.values, **notes})

    def item(self) -> dict[str, Any]:
        return {name: _attribute(name, value) for name, value in self.values.items() if value is not None}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Row:
        """Texts and numbers are ours; what comes later to a decision in other forms is not read here."""
        found = {name: _value(name, value) for name, value in item.items() if "S" in value or "N" in value}
        return cls(dict.fromkeys(OF_A_MODEL) | found)


def row(
    decision: Decision,
    transaction: Transaction,
    schema: Schema,
    features: Mapping[str, Any],
    history: Mapping[str, Any],
    now: datetime,
    retention_days: int,
) -> Row:
    """`history` tells a label, which may come weeks later, what it has to count for."""
    content, telling = content_of(transaction, schema.timestamp), pseudonyms.telling(schema)
    return Row(
        decision.answer()
        | {
            "decided_at": now.isoformat(timespec="milliseconds"),
            "expires_at": int((now + timedelta(days=retention_days)).timestamp()),
            "features": {name: value for name, value in features.items() if name not in telling},
            "history": dict(history),
            "transaction": content,
            "content_hash": content_hash(content),
        }
    )


def content_of(transaction: Transaction, schema_timestamp: str) -> dict[str, Any]:
    """What was decided on, sensitive values by their pseudonyms. Missing fields are left out, so that a field added to
    the schema changes no old content."""
    given = {name: value for name, value in transaction.kept.items() if value is not None}
    return {schema_timestamp: transaction.timestamp.isoformat()} | given


def content_hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class Decisions:
    def __init__(self, table: DynamoDBClient, name: str) -> None:
        self._table, self._name = table, name

    def record(self, new: Row) -> Row:
        """The row that is in the table afterwards: the new one, or the one that was there before."""
        try:
            self._table.put_item(**self.putting(new))
        except ClientError as error:
            if errors.code(error) != "ConditionalCheckFailedException":
                raise problems.unavailable("decision store") from error
            return Row.from_item(cast("dict[str, Any]", error.response)["Item"])
        except BotoCoreError as error:
            raise problems.unavailable("decision store") from error
        return new

    def putting(self, new: Row) -> dict[str, Any]:
        """For PutItem itself, or as a member of a transaction."""
        return {
            "TableName": self._name,
            "Item": new.item(),
            # A retry, or the same request twice at once, must not decide again.
            "ConditionExpression": "attribute_not_exists(transaction_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def find(self, transaction_id: str) -> Row | None:
        try:
            found = self._table.get_item(
                TableName=self._name, Key={"transaction_id": {"S": transaction_id}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise problems.unavailable("decision store") from error
        return Row.from_item(found["Item"]) if "Item" in found else None


def _attribute(name: str, value: Any) -> dict[str, str]:
    if name in AS_NUMBER:
        return {"N": repr(value)}
    return {"S": json.dumps(value, ensure_ascii=False) if name in AS_JSON else str(value)}


def _value(name: str, attribute: Mapping[str, str]) -> Any:
    if name in AS_JSON:
        return json.loads(attribute["S"])
    if name == "fraud_probability":
        return float(attribute["N"])
    return int(attribute["N"]) if "N" in attribute else attribute["S"]
