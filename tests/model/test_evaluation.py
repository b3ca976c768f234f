"""Thresholds, score map and figures, checked by counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.contract import Contract
from model.features import category_names, names
from model.schema import Schema, Thresholds
from model.training import evaluation
from tests.model.conftest import small

SCHEMA = Schema.from_dict(small())


def contract(calibration: evaluation.Calibration) -> Contract:
    found = Contract(
        "m", SCHEMA, names(SCHEMA), dict.fromkeys(category_names(SCHEMA), ("a",)),
        calibration.review_from, calibration.block_from, calibration.score_map,
    )  # fmt: skip
    return Contract.from_json(found.to_json())  # from_json checks it


def made(legit, fraud=(0.9,)):
    probability = np.concatenate([np.asarray(legit, dtype=float), np.asarray(fraud)])
    return np.array([0] * len(legit) + [1] * len(fraud)), probability


def test_the_thresholds_keep_the_false_positive_budgets():
    label, probability = made(np.linspace(0.0001, 0.8, 10_000))
    calibrated = evaluation.calibrate(label, probability, Thresholds(0.02, 0.005))
    legit = probability[label == 0]
    assert (legit >= calibrated.review_from).sum() == 200
    assert (legit >= calibrated.block_from).sum() == 50


@pytest.mark.parametrize(("score", "share"), [(900, 0.02), (600, 0.10), (500, 0.2), (960, 0.005)])
def test_a_score_means_a_false_positive_rate(score, share):
    label, probability = made(np.random.default_rng(3).beta(1, 30, 50_000))
    judged = contract(evaluation.calibrate(label, probability, Thresholds()))
    scores = [judged.probability_to_score(value) for value in probability[label == 0]]
    assert np.mean(np.array(scores) >= score) == pytest.approx(share, abs=0.0005)


@given(arrays.arrays(np.float32, st.integers(2, 60), elements=st.floats(0.0009765625, 0.875, width=32)))
def test_any_holdout_gives_a_usable_contract_within_budget(legit):
    label, probability = made(legit)
    judged = contract(evaluation.calibrate(label, probability, Thresholds(0.1, 0.05)))
    values = probability[label == 0]
    assert (values >= judged.review_from).sum() <= 0.1 * len(values)
    assert (values >= judged.block_from).sum() <= 0.05 * len(values)
    scores = [judged.probability_to_score(value) for value in np.linspace(0, 1, 200)]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0, 1000)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_probability_never_scores_lower(one, other):
    label, probability = made(np.random.default_rng(3).beta(1, 30, 500))
    judged = contract(evaluation.calibrate(label, probability, Thresholds()))
    low, high = sorted((one, other))
    assert 0 <= judged.probability_to_score(low) <= judged.probability_to_score(high) <= 1000
    order = ("approve", "review", "block")
    assert order.index(judged.outcome(low)) <= order.index(judged.outcome(high))


def test_the_figures_are_those_of_a_count_by_hand():
    label = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    probability = np.array([0.9, 0.8, 0.1, 0.85, 0.82, 0.3, 0.2, 0.2, 0.1, 0.05])
    figures = evaluation.judge(label, probability, 0.8)
    at = figures["at_review_threshold"]
    assert at["confusion_matrix"] == {"fraud_flagged": 2, "fraud_missed": 1, "legit_flagged": 2, "legit_passed": 5}
    expected = {"accuracy": 7 / 10, "precision": 2 / 4, "recall": 2 / 3, "f1": 4 / 7, "false_positive_rate": 2 / 7}
    assert {name: at[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert figures["roc_auc"] == pytest.approx((7 + 5 + 1.5) / 21, abs=1e-6)  # pairs in the right order, ties half
    assert figures["average_precision"] == pytest.approx((1 / 1 + 2 / 4 + 3 / 9) / 3, abs=1e-6)
