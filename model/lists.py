"""Deny and allow lists: whose entries a transaction is looked up under. What a list does, rules say."""

from __future__ import annotations

from model.counters import digest
from model.field import Field
from model.schema import Schema
from model.transaction import Transaction

DENY, ALLOW = "deny", "allow"
ROLES = ("entity", "email", "ip")
MOST_FIELDS = 84  # read in one request of a hundred keys, together with the most entities that a history has


def fields(schema: Schema) -> dict[str, Field]:
    """Those whose values can be on a list."""
    listable = [field for field in schema.fields if field.role in ROLES]
    return {field.name: field for field in listable[:MOST_FIELDS]}


def keys(schema: Schema, transaction: Transaction) -> dict[str, str]:
    """Of each such field that the transaction has: the key of its value."""
    kept = transaction.kept
    values = {name: (field, kept.get(name)) for name, field in fields(schema).items()}
    return {name: key(field, str(value)) for name, (field, value) in values.items() if value is not None}


def key(field: Field, value: str) -> str:
    """Of a value or its pseudonym. Names no value: who may read the table learns from it who is listed only by asking
    for somebody, and where the field is sensitive not even so."""
    return f"{field.name}#{digest(field.identity(value))}"
