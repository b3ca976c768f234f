"""What the history table should hold of some decisions, by the model's own history, and what it does hold."""

from itertools import batched
from typing import Any

from functions.aws import history as items
from model import history
from model.contract import Contract

from .stack import Stack


def states(stack: Stack, keys: set[str]) -> dict[str, Any]:
    table, name = stack.client("dynamodb"), stack.outputs["HistoryTableName"]
    found: dict[str, Any] = {}
    for some in batched(keys, 100):
        found |= items.states(table.batch_get_item(RequestItems=items.wanted(name, some)), name, some)
    return found


def replayed(contract: Contract, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    plan, known = contract.schema.history_plan, {}
    for decision in sorted(decisions, key=lambda decision: decision["transaction"]["timestamp"]):
        transaction = contract.schema.validate(decision["transaction"] | {"transaction_id": decision["transaction_id"]})
        keys = history.keys(plan, transaction)
        changes = history.observe(plan, transaction, {field: known.get(key, {}) for field, key in keys.items()})
        known |= {keys[field]: history.apply(known.get(keys[field], {}), change) for field, change in changes.items()}
    return known
