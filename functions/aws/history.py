"""The history table: one item per entity, an attribute per counter; requests as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.history import Change, State

KEY = "entity"
EXPIRES_AT = "expires_at"
LOADED = "loaded"  # which training job's knowledge was merged last: of two that merge at once, one has to read again
KEPT_LONGER = timedelta(days=30)  # than it is remembered: event times and the clock may differ
NO_COUNTERS = frozenset({KEY, EXPIRES_AT, LOADED})
MOST_DROPPED = 400  # DynamoDB takes expressions of up to 4 KB; what is left over goes with the entity's next event


def wanted(table: str, keys: Iterable[str]) -> dict[str, Any]:
    """Of a BatchGetItem, which may want something of other tables, too."""
    listed = [_key(key) for key in keys]
    return {table: {"Keys": listed, "ConsistentRead": True}} if listed else {}


def states(answer: Mapping[str, Any], table: str, keys: Iterable[str]) -> dict[str, State]:
    """By key, of those that were read: under load, DynamoDB leaves some for later."""
    left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
    unread, items = {str(key[KEY]["S"]) for key in left}, found(answer, table)
    return {key: state(items.get(key)) for key in keys if key not in unread}


def found(answer: Mapping[str, Any], table: str) -> dict[str, dict[str, Any]]:
    """The items of an answer to BatchGetItem, by key."""
    return {str(item[KEY]["S"]): item for item in answer["Responses"].get(table, ())}


def putting_many(table: str, states: Mapping[str, State], expires_at: int) -> dict[str, Any]:
    return {table: [{"PutRequest": {"Item": _item(key, known, expires_at)}} for key, known in states.items()]}


def creation(table: str, key: str, known: State, expires_at: int) -> dict[str, Any]:
    """The first item of an entity; if it has one by now, the refusal brings that along."""
    return {
        "TableName": table,
        "Item": _item(key, known, expires_at),
        "ConditionExpression": f"attribute_not_exists({KEY})",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def state(item: Mapping[str, Any] | None) -> State:
    """What an item says; an entity never seen has none."""
    if item is None:
        return {}
    try:
        return _counters(item, int)
    except ValueError:  # a number written with an exponent, which is rare
        from decimal import Decimal

        return _counters(item, lambda text: int(Decimal(text)))


def is_loaded(item: Mapping[str, Any], source: str) -> bool:
    return bool(item.get(LOADED) == {"S": source})


def expiry(now: datetime, memory: int) -> int:
    """`memory` is the plan's, in microseconds."""
    return int((now + timedelta(microseconds=memory) + KEPT_LONGER).timestamp())


def update(table: str, key: str, change: Change, expires_at: int, made_from: State | None = None) -> dict[str, Any]:
    """The change of one entity, as a member of a transaction or for UpdateItem itself.

    Additions need nobody's consent, so events that happen at once do not wait for each other. What is set holds under
    a condition: `last` only rises, and `first` is written only over the times that the change was made from.
    """
    added = {name: _number(value) for name, value in change.add.items()}
    added |= {name: _numbers(members) for name, members in change.members.items() if members}
    put = {name: _number(value) for name, value in change.put.items()} | {EXPIRES_AT: _number(expires_at)}
    put |= {name: added.pop(name) for name in change.drop if name in added}  # what is added to the dropped starts anew
    expression = _Expression()
    expression.clause("SET", " = ", put)
    expression.clause("ADD", " ", added)
    expression.remove(name for name in change.drop if name not in put)
    request = {"TableName": table, "Key": _key(key), "UpdateExpression": expression.text}
    condition = _condition(expression, change, made_from)
    if condition:
        request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return request | {"ExpressionAttributeNames": expression.names, "ExpressionAttributeValues": expression.values}


def _condition(expression: _Expression, change: Change, made_from: State | None) -> str:
    if "first" in change.put and made_from is not None:
        return " AND ".join(_unchanged(expression, made_from, name) for name in ("first", "last"))
    if change.newer_than is None:
        return ""
    last = expression.name("last")
    return f"attribute_not_exists({last}) OR {last} < {expression.value(_number(change.newer_than))}"


def _unchanged(expression: _Expression, made_from: State, name: str) -> str:
    if name not in made_from:
        return f"attribute_not_exists({expression.name(name)})"
    return f"{expression.name(name)} = {expression.value(_number(made_from[name]))}"


def merging(
    table: str, key: str, change: Change, expires_at: int, item: Mapping[str, Any], source: str
) -> dict[str, Any]:
    """As `update`, for what a training job adds to the item: its additions are good only for what was read."""
    request = update(table, key, change, expires_at, state(item))
    conditions = [f"({request['ConditionExpression']})"] if "ConditionExpression" in request else []
    conditions.append("#loaded = :before" if LOADED in item else "attribute_not_exists(#loaded)")
    values = {":source": {"S": source}} | ({":before": item[LOADED]} if LOADED in item else {})
    return request | {
        "UpdateExpression": request["UpdateExpression"].replace("SET ", "SET #loaded = :source, ", 1),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": request["ExpressionAttributeNames"] | {"#loaded": LOADED},
        "ExpressionAttributeValues": request["ExpressionAttributeValues"] | values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


class _Expression:
    """Gathers clauses; every name gets an alias, for DynamoDB reserves many words and reads a dot as a path."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._aliases: dict[str, str] = {}
        self._clauses: list[str] = []

    @property
    def text(self) -> str:
        return " ".join(self._clauses)

    def clause(self, verb: str, joint: str, pairs: Mapping[str, Any]) -> None:
        if pairs:
            parts = [f"{self.name(name)}{joint}{self.value(value)}" for name, value in pairs.items()]
            self._clauses.append(f"{verb} {', '.join(parts)}")

    def remove(self, names: Iterable[str]) -> None:
        dropped = list(names)[:MOST_DROPPED]
        if dropped:
            self._clauses.append(f"REMOVE {', '.join(map(self.name, dropped))}")

    def name(self, name: str) -> str:
        alias = self._aliases.get(name)
        if alias is None:
            alias = self._aliases[name] = f"#n{len(self._aliases)}"
            self.names[alias] = name
        return alias

    def value(self, value: Any) -> str:
        alias = f":v{len(self.values)}"
        self.values[alias] = value
        return alias


def _item(key: str, known: State, expires_at: int) -> dict[str, Any]:
    item = {name: _number(value) if isinstance(value, int) else _numbers(value) for name, value in known.items()}
    return _key(key) | item | {EXPIRES_AT: _number(expires_at)}


def _key(key: str) -> dict[str, Any]:
    return {KEY: {"S": key}}


def _number(value: Any) -> dict[str, Any]:
    return {"N": str(value)}


def _numbers(members: Iterable[int]) -> dict[str, Any]:
    return {"NS": [str(member) for member in sorted(members)]}


def _counters(item: Mapping[str, Any], whole: Callable[[str], int]) -> dict[str, int | frozenset[int]]:
    return {
        name: whole(attribute["N"]) if "N" in attribute else frozenset(map(whole, attribute["NS"]))
        for name, attribute in item.items()
        if name not in NO_COUNTERS
    }
