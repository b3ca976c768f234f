"""DynamoDB's items: added to with 38 digits, where MiniStack has 28, and copied quickly, ten times in one update."""

import copy
import decimal
import marshal
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from ministack.services import dynamodb

DIGITS = 38
MOST_NUMBERS = 50_000


def install() -> None:
    decimal.DefaultContext.prec = DIGITS  # of threads to come
    decimal.getcontext().prec = DIGITS
    dynamodb.copy = SimpleNamespace(copy=copy.copy, deepcopy=deepcopy)
    dynamodb._number_size_bytes = lru_cache(MOST_NUMBERS)(dynamodb._number_size_bytes)


def deepcopy(value: Any) -> Any:
    """What JSON can say goes through the interpreter's own format, twenty times as fast as copy.deepcopy."""
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302 (written a moment before)
    except ValueError:
        return copy.deepcopy(value)
