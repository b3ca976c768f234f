"""What of a request the API's description tells in words only. schemathesis loads this file by its settings."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

YEARS = {"labelled_at": "2024", "expires_at": "2196"}  # leap years, which have every day that a time may name
YEAR = re.compile("^(19[7-9]|2[01][0-9])[0-9](?=-)")
INNER_DAYS = {"1970-01-01": "1970-01-02", "2199-12-31": "2199-12-30"}
SHOWN = re.compile("example-[0-9a-f]{12}")  # the id of the transaction that the description shows


@schemathesis.hook("before_call").apply_to(path=["/labels", "/lists"])
def times_lie_on_their_side_of_now(_context: Any, case: schemathesis.Case, _kwargs: Any) -> None:
    """A label's time is past, the end of a listing is still to come: of any other only the year is changed."""
    if isinstance(case.body, dict):
        case.body = _on_its_side(case.body)


@schemathesis.hook("before_call").apply_to(path="/score")
def each_transaction_is_a_new_one(_context: Any, case: schemathesis.Case, _kwargs: Any) -> None:
    """Most requests are the shown one with a change: all but the first of its id would be 409, right or wrong."""
    if isinstance(case.body, dict) and SHOWN.fullmatch(str(case.body.get("transaction_id"))):
        case.body = case.body | {"transaction_id": f"example-{uuid4()}"}


@schemathesis.hook("before_call").apply_to(path="/score")
def times_lie_within_the_years_whatever_their_offset(_context: Any, case: schemathesis.Case, _kwargs: Any) -> None:
    """On the first and the last day that are accepted its offset decides; what is made at random often is the first."""
    if isinstance(case.body, dict):
        case.body = {name: _inside(value) if isinstance(value, str) else value for name, value in case.body.items()}


def _inside(text: str) -> str:
    return INNER_DAYS.get(text[:10], text[:10]) + text[10:]


def _on_its_side(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _on_its_side(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_on_its_side(inner) for inner in value]
    return YEAR.sub(YEARS[name], value) if name in YEARS and isinstance(value, str) else value
