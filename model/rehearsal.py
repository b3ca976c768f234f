"""Transactions that only try the system out: their ids begin with `test-` and may say which outcome they get."""

from __future__ import annotations

from model.vocabulary import OUTCOMES

PREFIX = "test-"


def is_test(transaction_id: str) -> bool:
    return transaction_id.startswith(PREFIX)


def forced_outcome(transaction_id: str) -> str | None:
    """That of `test-block-…`; None where the id asks for none."""
    wanted = transaction_id.removeprefix(PREFIX).split("-")[0] if is_test(transaction_id) else None
    return wanted if wanted in OUTCOMES else None
