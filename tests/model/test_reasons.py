"""Reasons: one per family of features, in sentences that a customer-service agent can read out, true of the values."""

import math
import re
from datetime import UTC, datetime, timedelta

import pytest

from model import features, history, history_sentences, inference
from model.history_names import HistoryFeature
from model.reasons import MOST_REASONS, explain, fact
from model.schema import Schema
from tests.model.conftest import small
from tests.model.payloads import CARD_PAYMENT

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCHEMA = Schema.from_dict(
    small(
        label_delay="7d",
        history={"windows": ["1h", "1d", "30d"]},
        fields={
            "amount": {"role": "amount"},
            "CUSTOMER_ID": {"role": "entity"},
            "terminal_id": {"role": "entity", "description": "till"},
        },
    )
)


def event(after=timedelta(0), **values):
    known = {"amount": 20.0, "CUSTOMER_ID": "C1", "terminal_id": "T1"} | values
    payload = {"transaction_id": "t", "time": (START + after).isoformat()} | known
    return SCHEMA.validate({name: value for name, value in payload.items() if value is not None})


class Past:
    """What has happened so far, in memory."""

    def __init__(self):
        self.plan, self.stored = SCHEMA.history_plan, {}

    def states(self, transaction):
        keys = history.keys(self.plan, transaction)
        return {field: self.stored.get(key, {}) for field, key in keys.items()}

    def happened(self, transaction, fraud=False):
        keys, states = history.keys(self.plan, transaction), self.states(transaction)
        changes = [history.observe(self.plan, transaction, states)]
        for field, key in keys.items():
            for change in changes:
                self.stored[key] = history.apply(self.stored.get(key, {}), change[field])
            if fraud:
                self.stored[key] = history.apply(self.stored[key], history.judge(self.plan, transaction, 1))
        return self

    def says(self, name, transaction):
        return fact(SCHEMA, name, features.compute(SCHEMA, transaction, self.states(transaction)))


@pytest.fixture
def past():
    """A customer who paid 20 three times two days ago, once at another till, and a fraud a fortnight ago."""
    known = Past()
    known.happened(event(-timedelta(days=15), CUSTOMER_ID="C9"), fraud=True)
    for minute, till in ((0, "T1"), (30, "T1"), (45, "T2")):
        known.happened(event(-timedelta(days=2, minutes=-minute), terminal_id=till))
    return known


@pytest.mark.parametrize(
    ("feature", "amount", "sentence"),
    [
        ("CUSTOMER_count_1h", 20, "the customer had no other transactions in the last hour"),
        ("CUSTOMER_count_30d", 20, "the customer had 3 other transactions in the last 30 days"),
        ("terminal_count_30d", 20, "the till had 3 other transactions in the last 30 days"),
        ("CUSTOMER_amount_sum_30d", 20, "the customer's other transactions in the last 30 days come to 60.00 (amount)"),
        ("CUSTOMER_amount_mean_30d", 20, "the customer's usual amount in the last 30 days is 20.00"),
        ("amount_vs_CUSTOMER_mean_30d", 162, "amount is 8.1 times the customer's usual in the last 30 days"),
        ("amount_vs_CUSTOMER_mean_30d", 5, "amount is 0.25 times the customer's usual in the last 30 days"),
        (
            "amount_vs_CUSTOMER_mean_1d",
            5,
            "the customer has too few earlier transactions in 1 day to compare amount with",
        ),
        ("CUSTOMER_seconds_since_last", 20, "the customer's last transaction was 47 hours before"),
        ("CUSTOMER_seconds_known", 20, "the customer was first seen 2 days before"),
        ("terminal_seconds_known", 20, "the till was first seen 15 days before"),
        ("terminal_frauds_30d", 20, "the till had 1 known fraud in 30 days"),
        ("terminal_risk_30d", 20, "100 % of the till's transactions in 30 days were fraud, as far as is known"),
        ("terminal_seconds_since_fraud", 20, "the till's last known fraud was 15 days before"),
        ("terminal_seconds_since_first_fraud", 20, "the till's first known fraud in 30 days was 15 days before"),
        ("CUSTOMER_seconds_since_fraud", 20, "the customer had no known frauds in 30 days"),
        ("CUSTOMER_new_terminal", 20, "the customer and the till were seen together before"),
        ("CUSTOMER_distinct_terminal", 20, "the customer was seen with 2 different tills lately"),
        ("amount", 20, "amount is 20.00"),
    ],
)
def test_a_fact_is_told_with_its_value(past, feature, amount, sentence):
    if feature == "CUSTOMER_seconds_since_last":
        sentence = sentence.replace("47 hours", "2 days")  # from 36 hours on it is counted in days
    assert past.says(feature, event(amount=float(amount))) == sentence


def test_what_was_at_the_same_moment_is_not_told_as_no_seconds_ago():
    """Two payments with one timestamp; and a fraud that became known as its time was over."""
    same = Past().happened(event())
    twin = "the customer had another transaction at the same moment"
    assert same.says("CUSTOMER_seconds_since_last", event()) == twin
    assert same.says("CUSTOMER_seconds_known", event()) == "the customer was first seen less than a second before"
    at_once = {"terminal_seconds_since_fraud": 0.0, "terminal_seconds_since_first_fraud": 0.0}
    for name, who in zip(at_once, ("last known fraud", "first known fraud in 30 days"), strict=True):
        assert fact(SCHEMA, name, at_once) == f"the till's {who} was less than a second before"


@pytest.mark.parametrize(
    ("opened", "sentence"),
    [
        ("2026-03-01T12:00:00Z", "account opened is less than a second before"),
        ("2026-03-01T12:00:00.25Z", "account opened is less than a second after"),
        ("2026-03-01T11:59:58Z", "account opened is 2 seconds before"),
        ("2026-03-02T12:00:00Z", "account opened is 24 hours after"),
    ],
)
def test_how_far_a_time_of_the_past_is_away(opened, sentence):
    schema = Schema.from_dict(small(fields={"account_opened": {"role": "time"}}))
    payment = schema.validate({"transaction_id": "t", "time": START.isoformat(), "account_opened": opened})
    assert fact(schema, "account_opened_seconds_ago", features.compute(schema, payment)) == sentence


def test_how_far_an_amount_is_from_the_usual(past):
    for amount, words in ((20.0, "within the customer's usual range"), (900.0, "times the usual spread above")):
        assert words in past.says("amount_vs_CUSTOMER_spread", event(amount=amount))
    assert "below the customer's usual" in past.says("amount_vs_CUSTOMER_spread", event(amount=1.0))


@pytest.mark.parametrize("name", [name for name in SCHEMA.history_plan.names if "CUSTOMER" in name])
def test_of_an_entity_never_seen_it_is_said_that_it_was_never_seen_or_has_done_nothing(past, name):
    said = past.says(name, event(CUSTOMER_ID="new"))
    told = SCHEMA.history_plan.by_name[name]
    if told.kind == "new":
        assert said == "the customer and the till were never seen together before"
    elif told.kind == "distinct":
        assert said in (
            "the customer was seen with no till before",
            "the till was seen with 2 different customers lately",
        )
    elif told.kind == "count":
        assert "had no other transactions in the last" in said
    elif told.kind in ("sum", "frauds"):
        assert said.startswith(("the customer had no other amount in the last", "the customer had no known frauds in"))
    else:
        assert said == "the customer was never seen before"


@pytest.mark.parametrize("name", SCHEMA.history_plan.names)
def test_what_is_missing_is_named(past, name):
    told = SCHEMA.history_plan.by_name[name]
    said = past.says(name, event(CUSTOMER_ID=None, terminal_id=None))
    entity, partner = ("the customer", "till") if told.entity == "CUSTOMER_ID" else ("the till", "customer")
    assert said == (f"{entity} or the {partner} is missing" if told.partner else f"{entity} is missing")
    if told.kind in ("ratio", "spread"):
        assert past.says(name, event(amount=None)) == "amount is missing"


def test_an_entity_known_for_a_while_without_old_transactions_has_no_share_of_fraud_yet():
    known = Past().happened(event(-timedelta(days=1)))
    assert "of which it is known by now whether they were fraud" in known.says("terminal_risk_30d", event())


def test_a_family_is_one_reason_told_by_its_strongest_member_in_its_own_direction(past):
    computed = features.compute(SCHEMA, event(), past.states(event()))
    moved = {"terminal_risk_30d": 0.9, "terminal_frauds_30d": 1.1, "CUSTOMER_count_1d": -2.0, "CUSTOMER_count_1h": 0.5}
    found = explain(SCHEMA, computed, moved)
    assert [(reason.feature, reason.contribution) for reason in found] == [
        ("terminal_frauds_30d", 2.0),
        ("CUSTOMER_count_1d", -1.5),
    ]
    assert found[0].text == "the till had 1 known fraud in 30 days, which strongly raises the risk"
    assert found[1].text.endswith("which strongly lowers the risk")
    assert found[0].value == 1


def test_a_member_that_pulled_against_its_family_is_not_what_is_told(past):
    computed = features.compute(SCHEMA, event(), past.states(event()))
    (reason,) = explain(SCHEMA, computed, {"hour": 1.5, "is_night": -0.9, "amount": 0.0})
    assert (reason.feature, reason.contribution) == ("hour", 0.6)
    (reason,) = explain(SCHEMA, computed, {"hour": -0.9, "is_night": 1.5})
    assert reason.feature == "is_night"
    assert reason.text == "it is not night (00:00 to 05:59 UTC), which raises the risk"


def test_times_of_day_days_of_the_week_and_parts_of_an_address_are_families(cards):
    families = cards.family_of
    assert families["hour"] == families["is_night"] != families["weekday"] == families["is_weekend"]
    assert families["email_domain"] == families["email_length"] == families["email_tld"]
    assert families["amount"] not in {families[name] for name in families if name != "amount"}
    assert families["customer_risk_30d"] == families["customer_frauds_30d"] != families["terminal_risk_30d"]


def test_a_feature_of_a_kind_without_words_of_its_own_is_told_by_its_name(monkeypatch):
    told = HistoryFeature("card_kindness_7d", "kindness", "card", "terminal_id")
    assert history_sentences.fact(SCHEMA, told, {told.name: 2.0}) == "card kindness 7d is 2.0"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (0.999, "less than a second"),
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (3600, "60 minutes"),
        (5400, "2 hours"),
        (86_400 * 40.2, "40 days"),
    ],
)
def test_durations_are_in_words(seconds, words):
    assert history_sentences.duration(seconds) == words


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("CUSTOMER_ID", "customer"),
        ("card_id", "card"),
        ("ip_address", "IP address"),
        ("device", "device"),
        ("ENTITY_ID", "entity"),
    ],
)
def test_what_has_no_description_is_called_by_its_name(name, called):
    assert history_sentences.word(name) == called


@pytest.mark.parametrize("payload", [CARD_PAYMENT, {key: CARD_PAYMENT[key] for key in list(CARD_PAYMENT)[:4]}])
def test_no_sentence_shows_how_the_code_calls_things(cards, payload):
    required = {"amount": 5, "currency": "EUR", "merchant_category": "food"}
    computed = features.compute(cards, cards.validate(required | payload))
    for name in computed:
        said = fact(cards, name, computed)
        assert "_" not in said, said
        assert "None" not in said and "nan" not in said, said


def test_the_reasons_of_a_trained_model_are_of_different_families_and_add_up(served, sample, cards):
    """With the real trees: what the reasons say together is what the contributions say."""
    contract = served.contract
    payments = [
        CARD_PAYMENT | {"amount": amount, "email": email} for amount in (3, 80, 2500) for email in ("a@b.example", None)
    ]
    for payment in payments:
        computed = features.compute(contract.schema, contract.schema.validate(payment))
        rows = inference._rows(contract, {"features": list(contract.features), "rows": [list(computed.values())]})
        (moved,) = inference.contribute(served, rows)
        found = explain(contract.schema, computed, moved)
        assert 1 <= len(found) <= MOST_REASONS
        families = [contract.schema.family_of[reason.feature] for reason in found]
        assert len(set(families)) == len(families)
        for reason, name in zip(found, families, strict=True):
            together = sum(moved[member] for member in moved if contract.schema.family_of[member] == name)
            assert reason.contribution == pytest.approx(together, abs=1e-4)
            assert math.copysign(1, moved[reason.feature]) == math.copysign(1, together)
            assert re.search(r", which (strongly )?(raises|lowers) the risk$", reason.text)
        assert [abs(reason.contribution) for reason in found] == sorted(
            (abs(r.contribution) for r in found), reverse=True
        )
