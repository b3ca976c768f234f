"""Before rules come into force they are tried, so that most of what would have no answer is refused with a reason."""

import re

import pytest
from hypothesis import given, settings, strategies

from model.rules import PACKAGED, RulesError
from model.rules_check import check, optional_paths
from model.schema import load
from tests.model.rulings import contract, file

OTHERWISE = "no mistake"


def complaint(*conditions: str) -> str:
    try:
        check(file(*conditions), "rules.yaml", contract())
    except RulesError as error:
        return str(error)
    return OTHERWISE


@pytest.mark.parametrize(
    "when",
    [
        "amount > 1000",
        "amount * 2.0 > 1000 && amount + 1.0 < 1e6",
        "customer_age != null && customer_age > 60",
        "customer_age == null || customer_age > 60.0",
        "email != null && email.endsWith('@example.com')",
        "features.amount_vs_customer_mean_7d != null && features.amount_vs_customer_mean_7d > 3",
        "features.customer_count_1d > 5",
        "score > 900 && outcome == 'review' && fraud_probability > 0.5",
        "'customer_id' in denied || size(allowed) > 1",
        "merchant_category in ['travel', 'electronics'] ? amount > 100 : amount > 200",
        "email != null && email.matches('^[a-z]+[0-9][0-9]+@')",
        "timestamp < '2026-12-24'",
    ],
)
def test_a_good_rule_is_no_mistake(when):
    assert complaint(when) == OTHERWISE


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("amount > 'x'", "Here amount is a number; in arithmetic with numbers write 2.0, not 2"),
        ("amount * 2 > 100.0", "Unsupported operation: float * int"),
        ("score * 1.5 > 100.0", "Here score is a whole number"),
        ("customer_age > 60", "customer_age may be missing; expected the rule to ask first: customer_age != null && …"),
        ("email.endsWith('x')", "email may be missing"),
        ("customer_age != null && email.endsWith('x')", "email may be missing"),
        ("features.amount_vs_customer_mean_7d > 3", "features.amount_vs_customer_mean_7d may be missing"),
        ("transaction.email.size() > 3", "transaction.email may be missing"),
        # the mistake shows only where the parts before it hold
        ("merchant_category == 'travel' && amount > 1000 && currency < 5", "currency is a text"),
        ("'card_id' in denied && amount > 'x'", "amount is a number"),
        ("outcome == 'review' && score > 900 && amount > 'x'", "amount is a number"),
        ("amount", "expected true or false as its result"),
        ("amount > 5 ? 'a' : 'b'", "expected true or false as its result"),
        ("currency.matches('(')", "not a valid regex"),
        ("amount / 0 > 1.0", "float / int"),
        ("amuont > 1", "did you mean amount?"),
        ("for > 1", "expected CEL"),
    ],
)
def test_a_mistake_is_refused_with_file_rule_and_what_was_expected(when, expected):
    said = complaint("amount > 1", when)
    assert re.match("rules.yaml: rule r1: ", said) and expected in said


def test_every_mistake_of_a_file_is_told_at_once():
    said = complaint("amount > 'x'", "amuont > 1", "amount > 1", "a b")
    assert [line.split(": ")[1] for line in said.splitlines()] == ["rule r3", "rule r1", "rule r0"]


def test_a_file_whose_form_is_wrong_is_refused_by_name():
    with pytest.raises(RulesError, match=r"config/rules\.yaml: expected the key rules alone"):
        check(b"", "config/rules.yaml", contract())


def test_what_may_be_missing_is_what_the_schema_and_a_first_event_leave_open():
    found = optional_paths(load())
    assert {("customer_age",), ("transaction", "email"), ("features", "customer_risk_30d")} <= found
    assert not {("amount",), ("features", "hour"), ("features", "customer_count_1d"), ("score",)} & found


def test_the_packaged_rules_and_those_in_their_comments_are_good():
    packaged, _, comments = PACKAGED.read_text("utf-8").partition("# Further rules")
    more = "\n".join(line[1:] for line in comments.splitlines() if line.startswith("#  "))
    assert len(check(f"{packaged}\n{more}\n".encode(), "rules.yaml", contract()).rules) == 4


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "when",
    [
        " || ".join(["currency.matches('.*[a-z]+.*[a-z]+.*x')"] * 5),
        " || ".join(f"features.{name} == {number}.0" for number, name in enumerate(["hour", "weekday", "amount"] * 12)),
        "currency in [" + ", ".join(f"'c{number}'" for number in range(30)) + "]",
        "!" * 250 + "true",
    ],
    ids=lambda when: when[:20],
)
def test_a_hundred_costly_rules_are_tried_soon(when):
    check(file(*[when] * 100), "rules.yaml", contract())


PARTS = ["amount", "customer_age", "currency", "denied", "score", "features.hour", "1", "2.0", "'x'", "null", "true"]
SIGNS = [" > ", " < ", " == ", " != ", " + ", " * ", " in ", " && ", " || ", " ? ", " : "]


@given(strategies.lists(strategies.tuples(strategies.sampled_from(PARTS), strategies.sampled_from(SIGNS)), min_size=1))
@settings(max_examples=200, deadline=None)
def test_no_rule_raises_anything_else(pieces):
    when = "".join(part + sign for part, sign in pieces).rsplit(" ", 2)[0]
    try:
        check(file(when), "rules.yaml", contract())
    except RulesError as error:
        assert str(error).startswith("rules.yaml: ")
