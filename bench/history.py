"""What the past of one event's entities costs besides the calls to DynamoDB, with every counter of theirs in use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bench.figures import latencies, report_latencies
from functions.aws import history as items
from model import history
from model.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.history import State
    from model.windows import Plan

EXPIRES_AT = 2_000_000_000


def one_event(plan: Plan, transaction: Transaction, calls: int) -> None:
    states = well_known(plan, transaction)
    keys, stored = history.keys(plan, transaction), stored_items(plan, transaction, states)

    def read_and_observe() -> None:
        history.read(plan, transaction, states)
        history.observe(plan, transaction, states)

    def items_and_requests() -> None:
        read = {field: items.state(item) for field, item in stored.items()}
        for field, change in changes.items():
            items.update("history", keys[field], change, EXPIRES_AT, read[field])

    changes = history.observe(plan, transaction, states)
    counters = max(len(state) for state in states.values())
    for figure, work in (("read_and_observe", read_and_observe), ("items_and_requests", items_and_requests)):
        report_latencies(f"history_{figure}", latencies(work, calls), entities=len(states), counters=counters)


def well_known(plan: Plan, transaction: Transaction) -> dict[str, State]:
    """The states after the same transaction has happened in every bucket of every window."""
    ago = sorted({-step * window.bucket for window in plan.windows for step in range(1, plan.resolution)})
    states: dict[str, State] = {field: {} for field in history.keys(plan, transaction)}
    for microseconds in ago:
        before = Transaction(
            transaction.id, transaction.timestamp + timedelta(microseconds=microseconds), transaction.values
        )
        changes = history.observe(plan, before, states)
        states = {field: history.apply(states[field], change) for field, change in changes.items()}
    return states


def stored_items(plan: Plan, transaction: Transaction, states: Mapping[str, State]) -> dict[str, Mapping[str, Any]]:
    """By field, as DynamoDB answers them."""
    return {field: _item(key, states[field]) for field, key in history.keys(plan, transaction).items()}


def _item(key: str, state: State) -> Mapping[str, Any]:
    attributes: dict[str, Any] = {
        name: {"NS": sorted(map(str, value))} if isinstance(value, frozenset) else {"N": str(value)}
        for name, value in state.items()
    }
    return {items.KEY: {"S": key}, items.EXPIRES_AT: {"N": str(EXPIRES_AT)}} | attributes
