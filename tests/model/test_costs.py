"""What the schema may say of costs, and the thresholds at which decisions cost least."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.costs import Costs
from model.schema import Schema, SchemaError, Thresholds
from model.training import evaluation
from model.training.evaluation.costs import Prices, cheapest, judge_costs, loss, prices
from tests.model.conftest import small

COSTS = {"review": 4, "good_customer_blocked": 30}


def costs(**changes):
    return Schema.from_dict(small(costs=COSTS | changes)).costs


@pytest.mark.parametrize(("said", "meant"), [({}, None), ("amount", None), ("250", 250.0), (12.5, 12.5)])
def test_a_missed_fraud_costs_its_amount_or_a_number(said, meant):
    found = costs(**({"missed_fraud": said} if said else {}))
    assert found == Costs(4.0, 30.0, meant)
    assert Schema.from_dict(Schema.from_dict(small(costs=found.to_dict())).to_dict()).costs == found


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"good_customer_blocked": 30}, "costs.review: expected a price above 0"),
        (COSTS | {"review": 0}, "costs.review: expected a price above 0"),
        (COSTS | {"review": "dear"}, "costs.review: expected a number from 0 to 1e+09"),
        (COSTS | {"missed_fraud": "all"}, "costs.missed_fraud: expected a number from 0 to 1e+09"),
        (COSTS | {"missed_fraud": 0}, "costs.missed_fraud: expected a price above 0, or amount"),
        (COSTS | {"blocking": 1}, "costs.blocking: unknown key"),
    ],
)
def test_a_mistake_in_the_costs_is_reported_with_its_path(document, message):
    with pytest.raises(SchemaError) as refused:
        Schema.from_dict(small(costs=document))
    assert str(refused.value).startswith(message)


def test_without_an_amount_a_missed_fraud_needs_a_number():
    fields = {"card": {"role": "entity"}}
    with pytest.raises(SchemaError, match=r"costs.missed_fraud: expected a number, because no field has the role"):
        Schema.from_dict(small(fields=fields, costs=COSTS))
    assert Schema.from_dict(small(fields=fields, costs=COSTS | {"missed_fraud": 80})).costs.missed_fraud == 80


def test_without_costs_there_are_no_prices():
    assert Schema.from_dict(small()).costs is None
    assert prices(Schema.from_dict(small()), None) is None


def test_a_refund_and_a_missing_amount_are_no_loss():
    assert loss(np.array([5.0, -3.0, np.nan])).tolist() == [5.0, 0.0, 0.0]


LABEL = np.array([1, 0, 1, 1, 0, 0])
PROBABILITY = np.array([0.99, 0.9, 0.8, 0.3, 0.2, 0.1])
MISSED = np.array([100.0, 7.0, 50.0, 3.0, 9.0, 9.0])


def test_the_bill_is_that_of_a_count_by_hand():
    found = judge_costs(LABEL, PROBABILITY, Prices(costs(), MISSED), 0.5, 0.85)
    assert found == {"missed_fraud": 3.0, "reviews": 4.0, "good_customers_blocked": 30.0, "total": 37.0}


def test_a_fraud_that_costs_less_than_its_review_passes_and_a_sure_one_is_blocked():
    review, block = cheapest(LABEL, PROBABILITY, Prices(costs(), MISSED))
    assert 0.3 < review < 0.8  # finding the fraud of 3 would take a review at 4
    assert 0.9 < block < 0.99  # above it no good customer, just below it one


def test_where_every_step_costs_more_than_it_finds_nothing_is_flagged():
    review, block = cheapest(1 - LABEL, PROBABILITY, Prices(costs(review=1e6, good_customer_blocked=1e7), MISSED))
    assert review == block > 0.99


def test_what_is_given_1_is_flagged_even_so_because_no_threshold_is_above_1():
    review, block = cheapest(np.array([0, 0]), np.array([1.0, 0.5]), Prices(costs(review=50), MISSED[:2]))
    assert 0.5 < review == block <= 1


def test_where_reviews_are_dearer_than_a_lost_customer_there_are_none():
    review, block = cheapest(LABEL, PROBABILITY, Prices(costs(review=40, good_customer_blocked=20), MISSED))
    assert review == block
    assert 0.2 < block < 0.3


@st.composite
def priced(draw):
    rows = draw(st.integers(2, 25))
    label = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    values = st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.75, 0.9, 1.0])
    probability = draw(st.lists(values, min_size=rows, max_size=rows))
    missed = draw(st.lists(st.integers(0, 60).map(float), min_size=rows, max_size=rows))
    review, blocked = draw(st.integers(1, 30)), draw(st.integers(1, 60))
    return np.array(label), np.array(probability), Prices(Costs(review, blocked, None), np.array(missed))


@given(priced())
def test_no_pair_of_thresholds_is_cheaper(case):
    label, probability, found = case
    chosen = cheapest(label, probability, found)
    assert 0 <= chosen[0] <= chosen[1] <= 1
    cuts = [0.0, 0.05, 0.15, 0.3, 0.6, 0.8, 0.95, 1.0]
    pairs = [(review, block) for review in cuts for block in cuts if review <= block]
    bills = [judge_costs(label, probability, found, *pair)["total"] for pair in pairs]
    assert judge_costs(label, probability, found, *chosen)["total"] <= min(bills) + 1e-6


def test_costs_decide_the_thresholds_and_budgets_do_where_there_are_none():
    label, probability = np.array([0] * 99 + [1]), np.arange(100) / 100
    found = Prices(costs(), np.full(100, 1000.0))
    by_costs = evaluation.calibrate(label, probability, Thresholds(0.5, 0.2), found)
    assert (by_costs.review_from, by_costs.block_from) == cheapest(label, probability, found)
    by_budget = evaluation.calibrate(label, probability, Thresholds(0.5, 0.2))
    assert (probability[label == 0] >= by_budget.review_from).sum() == 49
    assert by_costs.score_map == by_budget.score_map
