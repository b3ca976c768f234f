"""Decisions and the sentences that explain them."""

import json
from dataclasses import replace

import pytest

from model import features
from model.contract import Contract
from model.decision import by_policy, decide
from model.features import category_names, names
from tests.model.payloads import CARD_PAYMENT


@pytest.fixture
def contract(cards):
    categories = dict.fromkeys(category_names(cards), ("online",))
    return Contract("fraud-1", cards, names(cards), categories, 0.2, 0.6, ((0.0, 0), (0.2, 900), (1.0, 1000)))


@pytest.fixture
def computed(cards):
    return features.compute(cards, cards.validate(CARD_PAYMENT))


@pytest.mark.parametrize(
    ("probability", "score", "outcome"),
    [
        (0.0, 0, "approve"),
        (0.1, 450, "approve"),
        (0.2, 900, "review"),
        (0.59, 948, "review"),
        (0.6, 950, "block"),
        (1, 1000, "block"),
    ],
)
def test_score_and_outcome_follow_the_contract(contract, computed, probability, score, outcome):
    decision = decide(contract, "tx-1", probability, computed, None, "endpoint")
    assert (decision.score, decision.outcome, decision.reasons) == (score, outcome, ())


def test_the_answer_has_exactly_the_agreed_keys(contract, computed):
    answer = decide(contract, "tx-1", 0.61, computed, {"amount": 1.2345678, "hour": -0.5}, "endpoint").answer()
    assert json.loads(json.dumps(answer)) == {
        "transaction_id": "tx-1", "fraud_probability": 0.61, "score": 951, "outcome": "block",
        "reasons": [
            {"feature": "amount", "value": 940.0, "contribution": 1.2346,
             "text": "amount is 940.00, which strongly raises the risk"},
            {"feature": "hour", "value": 1.0, "contribution": -0.5,
             "text": "the time of day is 01:00 to 01:59 UTC, which lowers the risk"},
        ],
        "model": "fraud-1", "scored_by": "endpoint",
    }  # fmt: skip


@pytest.mark.parametrize("policy", ["approve", "review", "block"])
def test_without_a_model_the_policy_of_the_schema_is_the_outcome(cards, policy):
    assert by_policy(replace(cards, fail_policy=policy), "tx-1").answer() == {
        "transaction_id": "tx-1", "fraud_probability": None, "score": None, "outcome": policy,
        "reasons": [], "model": None, "scored_by": "fail_policy",
    }  # fmt: skip


def test_the_five_strongest_reasons_come_first_in_either_direction(contract, computed):
    plain = ["amount", "currency", "merchant_category", "channel", "customer_age", "account_age_days", "weekday"]
    contributions = {name: (-1) ** i * (i + 1) / 10 for i, name in enumerate(plain)}
    reasons = decide(contract, "t", 0.5, computed, contributions, "endpoint").reasons
    assert [reason.feature for reason in reasons] == plain[::-1][:5]
    assert [reason.contribution for reason in reasons] == [0.7, -0.6, 0.5, -0.4, 0.3]


def test_features_that_moved_nothing_are_no_reasons(contract, computed):
    assert decide(contract, "t", 0.5, computed, {"amount": 0.0, "unknown": 3.0}, "fallback").reasons == ()


def test_every_feature_has_a_sentence_with_and_without_a_value(contract, cards):
    minimal = {
        key: value for key, value in CARD_PAYMENT.items() if key in cards.by_name and cards.by_name[key].required
    }
    minimal |= {"transaction_id": "t", "timestamp": "2026-03-04T12:00:00Z"}
    sentences = set()
    for payload in (CARD_PAYMENT, minimal):
        computed = features.compute(cards, cards.validate(payload))
        for name in computed:
            (reason,) = decide(contract, "t", 0.5, computed, {name: -2.0}, "endpoint").reasons
            assert reason.text.endswith(", which strongly lowers the risk")
            sentences.add(reason.text.split(",")[0])
    assert {
        "merchant category is jewellery", "merchant's country is missing", "customer's age is 44",
        "the domain of e-mail address is quickmail.example", "the network (/16) of IP address is 12.3",
        "the day of the week is Sunday", "it is the weekend", "it is a working day",
        "it is night (00:00 to 05:59 UTC)", "it is not night (00:00 to 05:59 UTC)",
    } <= sentences  # fmt: skip
