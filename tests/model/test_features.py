"""Features of one transaction."""

from datetime import UTC, datetime

import pytest

from model import features
from tests.model.payloads import CARD_PAYMENT


def test_features_come_in_the_order_of_their_names(cards):
    computed = features.compute(cards, cards.validate(CARD_PAYMENT))
    assert tuple(computed) == features.names(cards)


def test_a_transaction_gives_plain_calendar_email_and_network_features(cards):
    computed = features.compute(cards, cards.validate(CARD_PAYMENT))  # a Sunday, 01:30 UTC
    assert computed == {
        "amount": 940.0, "currency": "EUR", "merchant_category": "jewellery", "merchant_country": "DE",
        "channel": "online", "customer_age": 44.0, "account_age_days": 3.0, "email_domain": "quickmail.example",
        "ip_address_net8": "12", "ip_address_net16": "12.3",
        "hour": 1.0, "weekday": 6.0, "is_night": 1.0, "is_weekend": 1.0,
    }  # fmt: skip


def test_entities_are_never_features(cards):
    assert not {"customer_id", "card_id", "terminal_id"} & set(features.names(cards))


def test_missing_values_stay_missing(cards):
    payload = CARD_PAYMENT | {"email": None, "ip_address": None, "customer_age": None}
    computed = features.compute(cards, cards.validate(payload))
    assert [computed[name] for name in ("email_domain", "ip_address_net8", "ip_address_net16", "customer_age")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("address", "networks"),
    [("10.20.30.40", ("10", "10.20")), ("2001:db8::1", ("2001", "2001:0db8")), (None, (None, None))],
)
def test_networks_of_an_address(address, networks):
    assert features.ip_networks(address) == networks


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
