"""What the name of a column tells: its words, and patterns over them."""

from __future__ import annotations

import re

_SEAMS = (r"([a-z0-9])([A-Z])", r"([A-Z]+)([A-Z][a-z])", r"([A-Za-z])(\d)")


def words(name: str) -> str:
    """transactionID, TransactionId and TRANSACTION-ID are all transaction_id; card1 is card_1."""
    for seam in _SEAMS:
        name = re.sub(seam, r"\1_\2", name)
    return re.sub(r"[\W_]+", "_", name).strip("_").lower()


def has(any_of: str) -> re.Pattern[str]:
    """A pattern for names in which one of these words (or words_joined) stands."""
    return re.compile(rf"(?:^|_)(?:{'|'.join(any_of.split())})(?:_|$)")


def ends_in(any_of: str) -> re.Pattern[str]:
    """What a thing is, its last word says: city_pop is a number of people, device_type a type."""
    return re.compile(rf"(?:^|_)(?:{'|'.join(any_of.split())})(?:_\d+)?$")


def readable(name: str) -> str:
    """How reasons may call the column; nothing where the name already reads well or says nothing."""
    said = words(name).replace("_", " ")
    return said if " " in said and re.fullmatch(r"[a-z]{3,}( [a-z]{2,})*", said) else ""
