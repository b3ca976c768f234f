"""Features of one transaction."""

from datetime import UTC, datetime

import pytest

from model import features
from tests.model.payloads import CARD_PAYMENT


def test_features_come_in_the_order_of_their_names(cards):
    computed = features.compute(cards, cards.validate(CARD_PAYMENT))
    assert tuple(computed) == features.names(cards)


def test_history_comes_last_and_is_that_of_unknown_entities_when_no_states_are_given(cards):
    history = cards.history_plan.names
    computed = features.compute(cards, cards.validate(CARD_PAYMENT))
    assert tuple(computed)[-len(history) :] == history
    assert computed["customer_count_1h"] == 0
    assert computed["customer_seconds_since_last"] is None


def test_a_transaction_gives_plain_calendar_email_and_network_features(cards):
    computed = features.compute(cards, cards.validate(CARD_PAYMENT))  # a Sunday, 01:30 UTC
    plain = {name: value for name, value in computed.items() if name not in cards.history_plan.names}
    assert plain == {
        "amount": 940.0, "currency": "EUR", "merchant_category": "jewellery", "merchant_country": "DE",
        "channel": "online", "customer_age": 44.0, "account_age_days": 3.0, "email_domain": "quickmail.example",
        "email_tld": "example", "email_length": 2.0, "email_digits": 0.0, "email_vowels": 0.5, "email_separators": 0.0,
        "ip_address_net8": "12", "ip_address_net16": "12.3", "ip_address_number_1": 12.0, "ip_address_number_2": 3.0,
        "ip_address_number_3": 4.0, "ip_address_number_4": 5.0,
        "hour": 1.0, "weekday": 6.0, "is_night": 1.0, "is_weekend": 1.0,
    }  # fmt: skip


def test_entities_are_never_features(cards):
    assert not {"customer_id", "card_id", "terminal_id"} & set(features.names(cards))


def test_missing_values_stay_missing(cards):
    payload = CARD_PAYMENT | {"email": None, "ip_address": None, "customer_age": None}
    computed = features.compute(cards, cards.validate(payload))
    gone = [name for field in ("email", "ip_address", "customer_age") for name in cards.by_name[field].features]
    assert len(gone) == 13
    gone += [told.name for told in cards.history_plan.features if told.entity in ("email", "ip_address")]
    assert {computed[name] for name in gone} == {None}


def test_the_categories_of_a_field_are_among_its_features(cards):
    assert features.category_names(cards) == (
        "currency", "merchant_category", "merchant_country", "channel",
        "email_domain", "email_tld", "ip_address_net8", "ip_address_net16",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 2, 5, 59, 59, tzinfo=UTC), (5, 0, 1, 0)),
        (datetime(2026, 3, 6, 6, 0, tzinfo=UTC), (6, 4, 0, 0)),
        (datetime(2026, 3, 7, 23, 59, tzinfo=UTC), (23, 5, 0, 1)),
    ],
)
def test_the_calendar_is_that_of_utc(moment, expected):
    assert tuple(features.calendar(moment).values()) == expected
