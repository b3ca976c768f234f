"""Rules in force, and entries of lists, as the rules and the lists function leave them for scoring."""

from typing import Any

from functions.aws import lists as items
from functions.aws.rules import IN_FORCE, InForce
from model import lists, rules
from model.schema import load
from tests.functions.conftest import BUCKET, LISTS, client
from tests.functions.fakes import START

AMOUNT_RULE = "rules:\n  - {name: above-twenty, when: amount > 20, outcome: review}\n"


def put_in_force(s3: Any, text: str | None) -> str:
    """The version."""
    made = InForce("", START.isoformat(), "fraud-1", text)
    s3.put_object(Bucket=BUCKET, Key=IN_FORCE, Body=made.to_json())
    return rules.version_of(made.content)


def enlist(field: str, value: str, on: str, expires_at: Any = None) -> None:
    key = lists.key(lists.fields(load())[field], value)
    client("dynamodb").put_item(**items.putting(LISTS, key, on, START, expires_at, None))
