"""DynamoDB requests as pure functions: a decision and the history of its entities change together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.label.trail import Kept, Step
from model.transaction import ID

READ = (ID, "label", "labelled_at", "label_trail", "history")


def find(table: str, transaction_id: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": {ID: {"S": transaction_id}},
        "ConsistentRead": True,
        "ProjectionExpression": ", ".join(f"#{name}" for name in READ),
        "ExpressionAttributeNames": {f"#{name}": name for name in READ},
    }


def write(
    decisions: str, history: str, transaction_id: str, kept: Kept, step: Step, entity_expires_at: int
) -> dict[str, Any]:
    changes = [_decision(decisions, transaction_id, kept, step)]
    if step.frauds:
        counters = {name: step.frauds * number for name, number in kept.counters.items()}
        changes += [_entity(history, key, counters, entity_expires_at) for key in kept.entities if counters]
    return {"TransactItems": [{"Update": change} for change in changes]}


def _decision(table: str, transaction_id: str, kept: Kept, step: Step) -> dict[str, Any]:
    """The trail changes with every label, so an unchanged trail means that the decision is as it was read."""
    values = {":trail": {"S": step.trail}, ":label": {"S": step.label}}
    values[":labelled_at"] = {"S": step.labelled_at.isoformat() if step.labelled_at else ""}
    if kept.trail is not None:
        values[":was"] = {"S": kept.trail}
    unchanged = "attribute_not_exists(label_trail)" if kept.trail is None else "label_trail = :was"
    return {
        "TableName": table,
        "Key": {ID: {"S": transaction_id}},
        "UpdateExpression": "SET #label = :label, labelled_at = :labelled_at, label_trail = :trail",
        "ConditionExpression": f"attribute_exists({ID}) AND {unchanged}",
        "ExpressionAttributeNames": {"#label": "label"},
        "ExpressionAttributeValues": values,
    }


def _entity(table: str, key: str, counters: Mapping[str, int], expires_at: int) -> dict[str, Any]:
    """An entity that expired meanwhile gets a row that expires again."""
    names = {f"#{place}": name for place, name in enumerate(counters)}
    added = ", ".join(f"#{place} :{place}" for place in range(len(counters)))
    return {
        "TableName": table,
        "Key": {"entity": {"S": key}},
        "UpdateExpression": f"SET expires_at = if_not_exists(expires_at, :expires_at) ADD {added}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {":expires_at": {"N": str(expires_at)}}
        | {f":{place}": {"N": str(number)} for place, number in enumerate(counters.values())},
    }
