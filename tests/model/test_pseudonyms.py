"""Sensitive values: what is kept in their place, the same for every path to it, and never the value."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import features, history, lists
from model.contract import Contract
from model.decision import decide
from model.pseudonyms import Pseudonyms, WeakKeyError, telling
from model.schema import Schema, SchemaError, load
from model.training import lookback
from model.transaction import NotHiddenError
from tests.model import rulings
from tests.model.conftest import small
from tests.model.hiding import sensitive
from tests.model.lookback import FIELDS, HISTORIES, Event, Replay, schema, streams, table
from tests.model.payloads import CARD_PAYMENT

KEY = Pseudonyms(b"k" * 64)
OTHER_KEY = Pseudonyms(b"o" * 64)
NAMES = ("customer_id", "mail")
HIDDEN_FIELDS = FIELDS | {name: FIELDS[name] | {"sensitive": "true"} for name in NAMES}


CARDS = sensitive("card_id", "email", "ip_address")


def payment(**changes):
    return CARDS.validate(CARD_PAYMENT | changes)


def test_the_same_value_has_the_same_pseudonym_and_no_other_value_or_field_has_it():
    cards, customers, emails = (CARDS.by_name[name] for name in ("card_id", "customer_id", "email"))
    assert KEY.of(cards, "4929") == KEY.of(cards, "4929")
    others = [KEY.of(cards, "4930"), KEY.of(customers, "4929"), OTHER_KEY.of(cards, "4929")]
    assert KEY.of(cards, "4929") not in others
    assert KEY.of(emails, "Jo@Mail.example") == KEY.of(emails, "jo@mail.example")
    assert KEY.of(cards, "a") != KEY.of(cards, "A")


def test_a_short_key_is_refused_and_a_key_is_never_shown():
    with pytest.raises(WeakKeyError, match="at least 32 characters, not 3"):
        Pseudonyms(b"key")
    assert "kkk" not in repr(KEY)


def test_nothing_is_kept_of_a_transaction_that_was_not_hidden():
    with pytest.raises(NotHiddenError):
        _ = payment().kept
    with pytest.raises(NotHiddenError):
        history.keys(CARDS.history_plan, payment())
    with pytest.raises(NotHiddenError):
        lists.keys(CARDS, payment())


def test_what_is_kept_holds_pseudonyms_and_all_that_is_not_sensitive():
    transaction = KEY.hide(CARDS, payment())
    assert transaction.kept["card_id"] == KEY.of(CARDS.by_name["card_id"], "4929")
    assert transaction.kept["customer_id"] == "C1"
    assert not any(value in str(transaction.kept) for value in ("4929", "QuickMail", "quickmail", "12.3.4.5"))


def test_a_sensitive_field_that_is_missing_needs_no_pseudonym():
    transaction = KEY.hide(CARDS, payment(email=None, ip_address=None))
    assert transaction.kept["email"] is None


def test_features_are_those_of_the_value_itself():
    plain = load()
    of_plain = features.compute(plain, plain.validate(CARD_PAYMENT))
    assert features.compute(CARDS, KEY.hide(CARDS, payment())) == of_plain


def test_parts_of_sensitive_values_are_told_apart_from_other_features():
    told = telling(CARDS)
    assert {"email_domain", "ip_address_number_4"} <= told
    assert not told & {"amount", "hour", "card_count_1h"}


def test_a_reason_names_a_part_of_a_sensitive_value_and_does_not_show_it():
    computed = features.compute(CARDS, KEY.hide(CARDS, payment()))
    contract = Contract("m", CARDS, features.names(CARDS), {}, 0.05, 0.5, ((0.0, 0), (1.0, 1000)))
    (reason,) = decide(contract, "tx-1", 0.3, computed, {"email_domain": 1.2}, "endpoint").reasons
    assert reason.value is None
    assert reason.text == "the domain of e-mail address (not shown), which strongly raises the risk"


def test_a_rule_reads_the_value_and_its_match_keeps_the_pseudonym():
    transaction = KEY.hide(CARDS, payment())
    known = replace(
        rulings.facts(), schema=CARDS, transaction=transaction, features=features.compute(CARDS, transaction)
    )
    condition = "card_id == '4929' && features.email_domain == 'quickmail.example' && amount > 1"
    fired = rulings.book(rulings.file(condition), rulings.contract(CARDS)).judge(known).fired
    assert fired.values == {"card_id": transaction.kept["card_id"], "features.email_domain": None, "amount": 940.0}


def hidden_replay(rules, events):
    past = Replay(rules.history_plan)
    read = []
    for event in sorted(events, key=lambda event: event.time):
        values = {name: value for name, value in event.values.items() if value is not None}
        transaction = replace(event.transaction(), sensitive=frozenset(values.keys() & set(NAMES)))
        transaction = KEY.hide(rules, transaction)
        read.append(history.read(rules.history_plan, transaction, past.states_of(transaction)))
        past.observe(transaction)
    return read, past.states


@settings(max_examples=100)
@given(streams(), st.sampled_from(HISTORIES))
def test_what_training_leaves_becomes_what_live_scoring_knows(events, asked):
    """Keys and partners, from digests alone; and each event reads what it would read without pseudonyms."""
    events = [replace(event, label=0) for event in events]
    rules, plain = schema(asked, fields=HIDDEN_FIELDS), schema(asked)
    read, live = hidden_replay(rules, events)
    left = lookback.states(rules.history_plan, table(rules, events))
    assert dict(KEY.hide_state(rules.history_plan, key, state) for key, state in left) == live
    past = Replay(plain.history_plan)
    for event, values in zip(sorted(events, key=lambda event: event.time), read, strict=True):
        transaction = event.transaction()
        assert history.read(plain.history_plan, transaction, past.states_of(transaction)) == values
        past.observe(transaction)


def test_with_pseudonyms_history_is_another_plan_so_that_keys_of_values_are_not_read_on():
    assert schema({}, fields=HIDDEN_FIELDS).history_plan.id != schema({}).history_plan.id


def test_what_training_leaves_tells_no_partner_by_its_short_hash():
    """Of 32 bits a guess could be tried; what training leaves lies beside the files with the values themselves."""
    rules = schema({}, fields=HIDDEN_FIELDS)
    values = {"amount": 1.0, "fee": 0.0, "customer_id": "c", "terminal": "t", "mail": None}
    events = [Event(1_700_000_000_000_000, values)]
    for key, state in lookback.states(rules.history_plan, table(rules, events)):
        hidden_key, hidden = KEY.hide_state(rules.history_plan, key, state)
        assert (hidden_key == key) == ("#terminal#" in key)
        for name, members in state.items():
            if isinstance(members, frozenset):
                assert (hidden[name] == members) == ("#customer_id#" in key)  # whose partner is the terminal


def test_a_model_is_compared_with_one_of_before_the_field_was_sensitive():
    assert CARDS.reads_as(load()) and load().reads_as(CARDS)
    other = CARDS.to_dict() | {"extra_columns": "ignore"}
    assert not CARDS.reads_as(Schema.from_dict(other))


@pytest.mark.parametrize("role", ["amount", "number", "category", "time", "ignore"])
def test_a_field_that_is_a_feature_as_it_is_cannot_be_sensitive(role):
    with pytest.raises(SchemaError, match=r"fields\.x\.sensitive: expected only where the role is entity, email or ip"):
        Schema.from_dict(small(fields={"x": {"role": role, "sensitive": "true"}}))


def test_a_schema_says_what_is_sensitive_when_it_is_written_again():
    assert Schema.from_dict(json.loads(json.dumps(CARDS.to_dict()))) == CARDS
    assert "sensitive" not in json.dumps(load().to_dict())
