"""Requests to the history table, and items of it, as DynamoDB has them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.aws import history
from model.history import Change
from tests.contract import service_model
from tests.functions.conftest import HISTORY

EXPIRES = 1_900_000_000
DAY = 86_400_000_000


def stored(history_table: Any, key: str) -> dict[str, Any]:
    answer = history_table.batch_get_item(RequestItems=history.wanted(HISTORY, [key]))
    return dict(history.states(answer, HISTORY, [key])[key])


def applied(history_table: Any, change: Change, made_from: dict[str, Any] | None = None) -> dict[str, Any]:
    request = history.update(HISTORY, "e", change, EXPIRES, made_from)
    assert service_model.problems("dynamodb", "UpdateItem", request) == []
    history_table.update_item(**request)
    return stored(history_table, "e")


def refused(history_table: Any, change: Change, made_from: dict[str, Any] | None = None) -> bool:
    try:
        applied(history_table, change, made_from)
    except ClientError as error:
        return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    return False


def test_what_is_written_is_read_again(history_table):
    change = Change(
        add={"n1.a": 2, "s1.a": -(10**24)}, put={"first": 4, "last": 5}, members={"p0.1": frozenset({0, 2**32 - 1})}
    )
    assert applied(history_table, change) == change.add | change.put | change.members


def test_changes_add_up(history_table):
    applied(history_table, Change(add={"n": 2, "old": 1}, members={"p": frozenset({1})}))
    change = Change(add={"n": 3}, put={"last": 7}, drop=("old", "never was"), members={"p": frozenset({2})})
    assert applied(history_table, change) == {"n": 5, "last": 7, "p": frozenset({1, 2})}


def test_what_is_dropped_and_added_to_starts_anew(history_table):
    applied(history_table, Change(add={"n": 9}, put={"last": 1}, members={"p": frozenset({1})}))
    change = Change(add={"n": 1}, put={"last": 2}, members={"p": frozenset({2})}, drop=("n", "p", "last"))
    assert applied(history_table, change) == {"n": 1, "last": 2, "p": frozenset({2})}


def test_the_time_of_the_last_event_only_rises(history_table):
    assert not refused(history_table, Change(add={"n": 1}, put={"last": 5}, newer_than=5))
    assert refused(history_table, Change(add={"n": 1}, put={"last": 5}, newer_than=5))
    assert refused(history_table, Change(add={"n": 1}, put={"last": 4}, newer_than=4))
    assert not refused(history_table, Change(add={"n": 1}, put={"last": 6}, newer_than=6))
    assert stored(history_table, "e") == {"n": 2, "last": 6}


def test_the_first_event_is_set_only_over_the_state_it_was_made_from(history_table):
    new = Change(add={"n": 1}, put={"first": 7, "last": 7}, newer_than=7)
    applied(history_table, Change(add={"n": 1}, put={"first": 5, "last": 5}), {})
    assert refused(history_table, new, {})
    assert refused(history_table, new, {"first": 1, "last": 1})
    assert not refused(history_table, new, {"first": 5, "last": 5})


def test_an_earlier_first_event_gives_way_to_one_earlier_still(history_table):
    applied(history_table, Change(put={"first": 1, "last": 9}))
    assert refused(history_table, Change(put={"first": 5}), {"first": 9, "last": 9})
    assert not refused(history_table, Change(put={"first": 0}), {"first": 1, "last": 9})
    assert stored(history_table, "e") == {"first": 0, "last": 9}


def test_a_label_needs_no_consent(history_table):
    applied(history_table, Change(add={"f": 1}))
    assert applied(history_table, Change(add={"f": -1})) == {"f": 0}


def test_no_change_is_too_long_for_dynamodb():
    names = tuple(f"n{level}.{number:04x}" for level in range(6) for number in range(400))
    change = Change(add=dict.fromkeys(names[:40], 1), put={"first": 1, "last": 1}, drop=names[40:], newer_than=1)
    request = history.update(HISTORY, "e", change, EXPIRES)
    assert len(request["UpdateExpression"]) <= 4096
    assert all(
        alias in request["UpdateExpression"] + request["ConditionExpression"]
        for alias in request["ExpressionAttributeNames"]
    )


def test_an_item_outlives_its_memory():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert history.expiry(now, 37 * DAY) == int((now + timedelta(days=67)).timestamp())


def test_a_missing_item_is_an_entity_never_seen(history_table):
    assert stored(history_table, "nobody") == {}


@pytest.mark.parametrize("name", ["a b", "last", "größe.1", "n1.a-b"])
def test_any_name_can_be_a_counter(history_table, name):
    assert applied(history_table, Change(add={name: 1})) == {name: 1}


@pytest.mark.parametrize(("text", "number"), [("1E+28", 10**28), ("1.20E+3", 1200), ("-0", 0)])
def test_numbers_are_read_in_every_form_that_dynamodb_may_write(text, number):
    assert history.state({"n": {"N": text}, "p": {"NS": [text]}}) == {"n": number, "p": frozenset({number})}
