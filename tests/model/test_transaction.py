"""Scoring requests: what is accepted, and that nothing but InvalidTransaction ever comes of a bad one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.schema import InvalidTransaction, Schema, load
from tests.model.conftest import small
from tests.model.payloads import CARD_PAYMENT

SCHEMA = load()
HUGE = 10**400


def test_a_valid_request_becomes_a_transaction_in_utc(cards):
    transaction = cards.validate(CARD_PAYMENT)
    assert transaction.id == "tx-1"
    assert transaction.timestamp == datetime(2026, 3, 8, 1, 30, tzinfo=UTC)
    assert transaction.values["card_id"] == "4929"
    assert transaction.values["amount"] == 940.0


def test_optional_fields_may_be_absent_null_or_blank(cards):
    payload = {key: value for key, value in CARD_PAYMENT.items() if key != "terminal_id"}
    values = cards.validate(payload | {"channel": None, "email": "", "merchant_country": "  "}).values
    assert [values[name] for name in ("terminal_id", "channel", "email", "merchant_country")] == [None] * 4


def test_a_whole_number_is_the_same_text_however_json_writes_it(cards):
    written = cards.validate(CARD_PAYMENT | {"transaction_id": 7.0, "card_id": 4929.0})
    assert (written.id, written.values["card_id"]) == ("7", "4929")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("transaction_id", None, "is required and missing"),
        ("transaction_id", "", "is required and missing"),
        ("transaction_id", "x" * 65, "must have 1 to 64 printable ASCII characters"),
        ("transaction_id", "tx\n1", "must have 1 to 64 printable ASCII characters"),
        ("transaction_id", "tx-ü", "must have 1 to 64 printable ASCII characters"),
        ("transaction_id", True, "must be text or a whole number"),
        ("transaction_id", " tx-1", "must not begin or end with blanks"),
        ("transaction_id", 1.5, "must be text or a whole number"),
        ("transaction_id", ["a"], "must be text or a whole number"),
        ("transaction_id", HUGE, "must be text or a whole number"),
        ("timestamp", None, "is required and missing"),
        ("timestamp", 1772000000, "must be an ISO 8601 timestamp"),
        ("timestamp", "yesterday", "must be an ISO 8601 timestamp"),
        ("timestamp", "2026-03-07T23:30:00", "has no UTC offset"),
        ("timestamp", "2026-02-30T00:00:00Z", "is not a date and time that exists"),
        ("timestamp", "2026-03-07T23:30:00+99:00", "has a UTC offset that does not exist"),
        ("timestamp", "0001-01-01T00:00:00+18:00", "must lie between the years 1970 and 2200"),
        ("timestamp", "9999-12-31T23:59:59-18:00", "must lie between the years 1970 and 2200"),
        ("customer_id", None, "is required and missing"),
        ("customer_id", "  ", "is required and missing"),
        ("customer_id", 1.5, "must be text or a whole number"),
        ("customer_id", HUGE, "is too large a number"),
        ("customer_id", "c" * 65, "must have at most 64 characters"),
        ("customer_id", "c".ljust(65), "must have at most 64 characters"),
        ("customer_id", "\ud800", "is not valid UTF-8 text"),
        ("customer_id", {"a": 1}, "must be text or a whole number"),
        ("amount", None, "is required and missing"),
        ("amount", "940", "must be a number"),
        ("amount", True, "must be a number"),
        ("amount", [940], "must be a number"),
        ("amount", float("nan"), "must be a finite number"),
        ("amount", float("inf"), "must be a finite number"),
        ("amount", HUGE, "must be a finite number"),
        ("amount", -0.01, "must be at least 0"),
        ("amount", 1_000_001, "must be at most 1000000"),
        ("channel", "pigeon", "must be one of chip, contactless"),
        ("channel", "online ", "must not begin or end with blanks"),
        ("channel", " ", "must not begin or end with blanks"),
        ("timestamp", "2026-03-07T23:30:00Z ", "must not begin or end with blanks"),
        ("email", "jo@example.com\n", "must not begin or end with blanks"),
        ("email", "not an address", "must be an e-mail address"),
        ("email", "@example.com", "must be an e-mail address"),
        ("ip_address", "999.1.1.1", "must be an IP address"),
        ("ip_address", "fe80::1%eth0", "must be an IP address"),
        ("is_fraud", 0, "is the label, which a transaction to be scored cannot have"),
        ("amuont", 3, "is not a field of the schema"),
    ],
)
def test_a_bad_value_is_refused_with_its_field_and_reason(cards, field, value, message):
    with pytest.raises(InvalidTransaction) as invalid:
        cards.validate(CARD_PAYMENT | {field: value})
    assert invalid.value.field == field
    assert message in invalid.value.message


def test_unknown_fields_pass_when_the_schema_ignores_extra_columns():
    schema = Schema.from_dict(small(extra_columns="ignore"))
    assert (
        schema.validate({"transaction_id": 7, "time": "2026-01-01T00:00Z", "amount": 1, "card": "c", "x": []}).id == "7"
    )


def test_ignored_fields_are_accepted_and_dropped():
    schema = Schema.from_dict(small(fields={"amount": {"role": "amount"}, "note": {"role": "ignore"}}))
    values = schema.validate({"transaction_id": "a", "time": "2026-01-01T00:00Z", "note": {"any": "thing"}}).values
    assert values == {"amount": None}


@pytest.mark.parametrize("payload", [None, [], "text", 3, [CARD_PAYMENT]])
def test_what_is_not_an_object_is_refused(cards, payload):
    with pytest.raises(InvalidTransaction, match="must be a JSON object"):
        cards.validate(payload)


def test_a_message_never_repeats_a_long_or_secret_value(cards):
    with pytest.raises(InvalidTransaction) as invalid:
        cards.validate(CARD_PAYMENT | {"email": "4929123412341234" * 10})
    assert "4929" not in str(invalid.value)
    with pytest.raises(InvalidTransaction) as invalid:
        cards.validate(CARD_PAYMENT | {"\ud800" * 500: 1})
    assert len(str(invalid.value)) < 200
    str(invalid.value).encode()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(HUGE) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@given(field=st.sampled_from([*CARD_PAYMENT, "other"]), value=ANYTHING)
def test_no_single_hostile_value_gets_past_or_crashes(field, value):
    try:
        transaction = SCHEMA.validate(CARD_PAYMENT | {field: value})
    except InvalidTransaction as invalid:
        json.dumps({"field": invalid.field, "message": invalid.message}).encode()
    else:
        json.dumps([transaction.id, transaction.timestamp.isoformat(), transaction.values], allow_nan=False).encode()


@given(
    st.dictionaries(st.sampled_from(list(CARD_PAYMENT)) | st.text() | st.integers(), ANYTHING, max_size=8) | ANYTHING
)
def test_no_hostile_payload_crashes(payload):
    try:
        SCHEMA.validate(payload)
    except InvalidTransaction as invalid:
        assert invalid.message
