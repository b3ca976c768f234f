"""Entries of deny and allow lists are found under keys that name nobody."""

from model import lists
from model.schema import Schema, load
from tests.model.conftest import small
from tests.model.rulings import facts

SCHEMA = load()


def test_entities_emails_and_ip_addresses_can_be_listed():
    assert list(lists.fields(SCHEMA)) == ["customer_id", "card_id", "terminal_id", "email", "ip_address"]


def test_a_transaction_is_looked_up_under_what_it_names():
    transaction = facts(email="A@Example.net").transaction
    assert set(lists.keys(SCHEMA, transaction)) == {"customer_id", "card_id", "email"}


def test_keys_hold_no_value_and_differ_by_field():
    keys = lists.keys(SCHEMA, facts(customer_id="c-1", card_id="c-1").transaction)
    assert keys["customer_id"].startswith("customer_id#") and "c-1" not in keys["customer_id"]
    assert keys["customer_id"].partition("#")[2] == keys["card_id"].partition("#")[2]


def test_upper_case_tells_customers_apart_and_not_addresses():
    fields = lists.fields(SCHEMA)
    assert lists.key(fields["email"], "A@example.net") == lists.key(fields["email"], "a@EXAMPLE.net")
    assert lists.key(fields["customer_id"], "A") != lists.key(fields["customer_id"], "a")


def test_no_more_fields_are_listable_than_one_request_reads():
    many = {f"e{number}": {"role": "entity"} for number in range(120)}
    schema = Schema.from_dict(small(fields=many | {"amount": {"role": "amount"}}, history={"entities": ["e1"]}))
    assert len(lists.fields(schema)) == lists.MOST_FIELDS
