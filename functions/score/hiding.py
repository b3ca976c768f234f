"""Gives sensitive values their pseudonyms before anything of a transaction is kept, or refuses to decide on it."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.aws.stack_key import NoKeyError, StackKey
from functions.rest import problems

if TYPE_CHECKING:
    from model.pseudonyms import Pseudonyms
    from model.schema import Schema
    from model.transaction import Transaction


@dataclass(frozen=True)
class Hiding:
    key: StackKey
    threads: Executor

    def hide(self, schema: Schema, transaction: Transaction, seconds: float) -> Transaction:
        return self._pseudonyms(seconds).hide(schema, transaction) if transaction.sensitive else transaction

    def _pseudonyms(self, seconds: float) -> Pseudonyms:
        """A read that was not waited for goes on, and the next request finds the key."""
        if self.key.is_known:
            return self.key.pseudonyms()
        try:
            return self.threads.submit(self.key.pseudonyms).result(seconds)
        except (NoKeyError, TimeoutError) as error:
            raise problems.unavailable("key of sensitive fields") from error
