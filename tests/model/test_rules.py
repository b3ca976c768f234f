"""The first rule that matches decides; shadows are noted; a rule without an answer is as one that does not match."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies

from model import rules
from model.contract import Contract
from model.rules import LARGEST, PACKAGED, RulesError
from model.schema import Schema
from tests.model.conftest import small
from tests.model.rulings import book, contract, facts, file, judge

OUTCOMES = """
rules:
  - {name: one, when: amount > 2000, outcome: block}
  - {name: two, when: amount > 1000, outcome: review}
  - {name: three, when: amount > 500, outcome: approve}
"""


@pytest.mark.parametrize(
    ("amount", "fired", "outcome"),
    [(2500.0, "one", "block"), (1500.0, "two", "review"), (700.0, "three", "approve"), (10.0, None, "block")],
)
def test_the_first_match_wins_over_the_model_and_without_one_the_model_decides(amount, fired, outcome):
    verdict = judge(OUTCOMES.encode(), probability=0.9, amount=amount)
    assert verdict.outcome == outcome
    assert (verdict.fired.rule if verdict.fired else None) == fired


def test_a_match_shows_the_values_that_its_rule_reads_and_no_more():
    verdict = judge(file("amount > 1000 && features.hour < 6 && size(denied) > 0"), denied=("card_id",))
    assert verdict.fired.values == {"amount": 1500.0, "features.hour": 3.0, "denied": ["card_id"]}


def test_shown_values_are_bounded():
    long = judge(file("merchant_category != 'x'"), merchant_category="m" * 5000)
    assert long.fired.values == {"merchant_category": "m" * 100}
    many = " || ".join(f"features.{name} == 1.0" for name in list(facts().features)[:40]) + " || true"
    assert len(judge(file(many)).fired.values) == 20


def test_shadows_are_noted_wherever_they_stand_and_decide_nothing():
    content = b"""
rules:
  - {name: before, when: amount > 1000, outcome: block, shadow: true}
  - {name: real, when: amount > 1000, outcome: review}
  - {name: after, when: amount > 1, outcome: block, shadow: true}
  - {name: silent, when: amount > 9000, outcome: block, shadow: true}
"""
    verdict = judge(content)
    assert (verdict.outcome, verdict.fired.rule) == ("review", "real")
    assert [(match.rule, match.outcome) for match in verdict.shadows] == [("before", "block"), ("after", "block")]


def test_a_rule_without_an_answer_does_not_match_and_is_told():
    verdict = judge(file("customer_age > 60", "amount > 1000"))
    assert (verdict.fired.rule, verdict.errors) == ("r1", ("r0",))


@pytest.mark.parametrize(
    "when",
    [
        "amount == 1500 && currency == 'EUR' && customer_age == null",
        "transaction.amount == 1500.0 && transaction['customer_age'] == null",
        "score == 10 && fraud_probability < 0.02 && outcome == 'approve' && scored_by == 'endpoint'",
        "timestamp < '2026-11-23T04' && timestamp > '2026-11-23T03:00'",
        "features.hour == 3 && features.is_night == 1.0 && features.customer_count_1d == 0",
        "'card_id' in denied && 'customer_id' in allowed && size(denied) == 1",
    ],
)
def test_rules_read_fields_features_lists_and_the_models_decision(when):
    assert judge(file(when), denied=("card_id",), allowed=("customer_id",)).fired


def test_what_the_decision_has_wins_over_a_field_of_its_name_which_is_read_as_part_of_the_transaction():
    schema = Schema.from_dict(small(fields={"score": {"role": "number"}, "my shop": {"role": "category"}}))
    fitted = book(file("score > 5", "transaction.score > 5.0", "transaction['my shop'] == 'x'"), contract(schema))
    assert fitted.left_out == ()
    assert book(file("my > 5"), contract(schema)).left_out


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("amuont > 1", "amuont: expected a field of the schema or one of score, .*did you mean amount?"),
        ("hour > 1.0", "did you mean features.hour?"),
        ("features.customer_count > 1", "features.customer_count: expected one of the features; did you mean features"),
        ("transaction.zip == 'x'", "transaction.zip: expected one of the transaction"),
        ("is_fraud == '1'", "is_fraud: expected a field"),
    ],
)
def test_a_rule_that_reads_what_there_is_not_is_left_out_alone(when, reason):
    fitted = book(file(when, "amount > 1"))
    assert [rule.name for rule in fitted.rules] == ["r1"]
    (problem,) = fitted.left_out
    assert problem.rule == "r0"
    assert re.search(reason, problem.reason)


def test_rules_that_do_not_fit_another_model_are_left_out_and_the_others_decide_on():
    schema = Schema.from_dict(small())
    fitted = book(file("currency == 'EUR'", "amount > 1"), contract(schema))
    assert ([rule.name for rule in fitted.rules], [problem.rule for problem in fitted.left_out]) == (["r1"], ["r0"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- {when: 'true', outcome: block}", "rule number 1: name: is missing"),
        ("- x", "rule number 1: name: is missing"),
        ("- {name: a b, when: 'true', outcome: block}", "rule a b: name: expected letters"),
        ("- {name: x, when: 'true', outcome: deny}", "rule x: outcome: expected one of approve, review, block"),
        ("- {name: x, when: 'true'}", "rule x: outcome: is missing"),
        ("- {name: x, outcome: block}", "rule x: when: is missing"),
        ("- {name: x, when: 'true', outcome: block, shadow: 1}", "rule x: shadow: expected true or false"),
        ("- {name: x, when: 'true', outcome: block, then: y}", "rule x: then: unknown key"),
        ("- {name: x, when: [a], outcome: block}", "rule x: when: expected a text"),
        ("- {name: x, when: a >, outcome: block}", "rule x: when: expected CEL"),
        (f"- {{name: x, when: 'true', outcome: block, description: {'d' * 501}}}", "description: expected at most 500"),
    ],
)
def test_a_rule_whose_form_is_wrong_is_named_and_the_others_are_read(text, reason):
    found = rules.read(f"rules:\n{text}\n- {{name: good, when: 'true', outcome: block}}\n".encode())
    assert [rule.name for rule in found.rules] == ["good"]
    assert reason in str(found.problems[0])


def test_of_two_rules_with_one_name_the_second_is_told():
    found = rules.read(OUTCOMES.replace("three", "one").encode())
    assert str(found.problems[0]) == "rule one: name: expected another than the rules before it have"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "expected the key rules alone"),
        (b"- a", "expected the key rules alone"),
        (b"rules: {a: b}", "expected the key rules alone"),
        (b"rules: []\nmore: 1", "expected the key rules alone"),
        (b"rules: [", "is not YAML"),
        (b"\xff", "is not UTF-8"),
        (file(*["true"] * 201), "at most 200 rules"),
        (b"#" * (LARGEST + 1), "at most 131072 bytes"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_file_whose_form_is_wrong_is_refused(content, reason):
    with pytest.raises(RulesError, match=reason):
        rules.read(content)


@pytest.mark.parametrize("content", [b"rules: []", b"rules:", b"\xef\xbb\xbfrules: []"])
def test_no_rules_are_rules_too(content):
    assert rules.read(content).rules == ()


def test_the_version_is_that_of_the_bytes():
    assert rules.read(b"rules: []").version == rules.read(b"rules: []").version != rules.read(b"rules:  []").version


@pytest.mark.parametrize(
    ("transaction_id", "outcome"),
    [
        ("test-block-1", "block"),
        ("test-review", "review"),
        ("test-approve-x-y", "approve"),
        ("test-1", "approve"),  # by the rule
        ("test-blocked-1", "approve"),
        ("best-block-1", "approve"),
        ("test-", "approve"),
    ],
)
def test_a_test_id_forces_its_outcome_over_rules_and_model(transaction_id, outcome):
    verdict = judge(file("true", outcome="approve"), probability=0.1, transaction_id=transaction_id)
    assert verdict.outcome == outcome
    assert (verdict.fired is None) == (transaction_id in ("test-block-1", "test-review", "test-approve-x-y"))


def test_the_packaged_rules_fit_every_schema_and_do_nothing_without_lists():
    content = PACKAGED.read_bytes()
    assert book(content, contract(Schema.from_dict(small()))).left_out == ()
    assert judge(content, probability=0.1).fired is None
    assert judge(content, denied=("card_id",), allowed=("customer_id",)).outcome == "block"
    assert judge(content, probability=0.9, allowed=("customer_id",)).outcome == "approve"


@given(strategies.binary(max_size=400) | strategies.text(max_size=400).map(lambda text: f"rules:\n{text}".encode()))
@settings(max_examples=300, deadline=None)
def test_no_file_raises_anything_else(content: bytes):
    made: Contract = contract()
    with suppress(RulesError):
        rules.read(content).fit(made).judge(facts())
