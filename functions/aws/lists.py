"""The table of deny and allow lists: one item for each value that is on one; requests as pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

KEY = "entity"
NAMES = {"#entity": KEY, "#list": "list", "#expires_at": "expires_at"}  # DynamoDB reserves the word list


def wanted(table: str, keys: Iterable[str]) -> dict[str, Any]:
    """Of a BatchGetItem, which may want something of other tables, too."""
    listed = [{KEY: {"S": key}} for key in keys]
    how = {"ConsistentRead": True, "ProjectionExpression": ", ".join(NAMES), "ExpressionAttributeNames": NAMES}
    return {table: {"Keys": listed} | how} if listed else {}


def putting(
    table: str, key: str, on: str, added_at: datetime, expires_at: datetime | None, note: str | None
) -> dict[str, Any]:
    item = {KEY: {"S": key}, "list": {"S": on}, "added_at": {"S": added_at.isoformat()}}
    if expires_at is not None:
        item["expires_at"] = {"N": str(int(expires_at.timestamp()))}
    if note:
        item["note"] = {"S": note}
    return {"TableName": table, "Item": item}


def removing(table: str, key: str) -> dict[str, Any]:
    return {"TableName": table, "Key": {KEY: {"S": key}}}


def in_force(items: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, str]:
    """Key → list. DynamoDB takes its time, up to days, to remove what has expired."""
    return {
        item[KEY]["S"]: item["list"]["S"]
        for item in items
        if "expires_at" not in item or int(item["expires_at"]["N"]) > now.timestamp()
    }
