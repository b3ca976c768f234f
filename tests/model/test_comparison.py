"""The difference between two models on the same transactions, against pair counts and resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from model.training.evaluation import comparison
from tests.model.test_evaluation_ranking import judged
from tests.model.test_resampling import row_by_row, two_models


@given(judged(), st.randoms(use_true_random=False))
def test_difference_and_error_are_those_of_every_pair_counted(data, random):
    label, one = data
    other = np.array(random.sample(one.tolist(), len(one)))
    wins = []
    for score in (one, other):
        fraud, legit = score[label == 1], score[label == 0]
        wins.append((fraud[:, None] > legit).astype(float) + (fraud[:, None] == legit) / 2)
    found, error = comparison.area_difference(label, one, other)
    assert found == pytest.approx(metrics.roc_auc_score(label, one) - metrics.roc_auc_score(label, other), abs=1e-12)
    if min(wins[0].shape) > 1:
        # DeLong's covariance matrix S of the two areas; the error is that of the contrast (1, -1)
        by_fraud = np.cov(wins[0].mean(axis=1), wins[1].mean(axis=1)) / wins[0].shape[0]
        by_legit = np.cov(wins[0].mean(axis=0), wins[1].mean(axis=0)) / wins[0].shape[1]
        contrast = np.array([1, -1])
        assert error**2 == pytest.approx(contrast @ (by_fraud + by_legit) @ contrast, abs=1e-12)


def test_the_area_interval_is_about_that_of_resampling():
    label, better, worse = two_models(4000)
    rng, fraud, legit = np.random.default_rng(9), np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    found = []
    for _ in range(500):
        at = np.concatenate([rng.choice(fraud, len(fraud)), rng.choice(legit, len(legit))])
        found.append(metrics.roc_auc_score(label[at], better[at]) - metrics.roc_auc_score(label[at], worse[at]))
    area = comparison.difference(label, better, worse)["roc_auc"]
    assert (area["low"], area["high"]) == pytest.approx(np.quantile(found, (0.025, 0.975)), abs=0.003)


def test_a_better_model_is_seen_to_be_better_and_the_same_one_to_be_the_same():
    label, better, worse = two_models(12_000)
    found = comparison.difference(label, better, worse)
    for figure in found.values():
        assert 0 < figure["low"] < figure["value"] < figure["high"]
    back = comparison.difference(label, worse, better)
    for name, figure in found.items():
        assert (back[name]["value"], back[name]["low"]) == pytest.approx((-figure["value"], -figure["high"]), abs=0.01)
    for figure in comparison.difference(label, better, better).values():
        assert figure == {"value": 0.0, "level": 0.95, "low": 0.0, "high": 0.0}


def test_average_precision_is_compared_as_by_resampling_rows():
    label, better, worse = two_models(1500)
    slow = row_by_row(label, [better, worse], 600)
    low, high = np.quantile(slow[:, 0] - slow[:, 1], (0.025, 0.975))
    found = comparison.difference(label, better, worse)["average_precision"]
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.15 * (high - low))
    exact = metrics.average_precision_score(label, better) - metrics.average_precision_score(label, worse)
    assert found["value"] == pytest.approx(exact, abs=1e-6)
