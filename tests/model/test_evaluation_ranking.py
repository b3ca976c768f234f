"""Ranking figures and the curves behind the plots, against scikit-learn and counts by brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from model.schema import Thresholds
from model.training.evaluation import calibrate, curves, ranking


@st.composite
def judged(draw, most=40):
    """Labels of both classes with probabilities that often tie."""
    frauds, legits = draw(st.integers(1, most)), draw(st.integers(1, most))
    values = st.sampled_from([0.1, 0.2, 0.25, 0.5, 0.75, 0.9])
    probability = draw(st.lists(values, min_size=frauds + legits, max_size=frauds + legits))
    return np.array([1] * frauds + [0] * legits), np.array(probability)


def random_holdout(seed=1, rows=4000, rate=0.1):
    rng = np.random.default_rng(seed)
    label = (rng.random(rows) < rate).astype(int)
    return label, np.clip(rng.normal(0.3 + 0.2 * label, 0.15), 0.001, 0.999)


@given(judged())
def test_area_and_error_are_those_of_every_pair_counted(data):
    label, probability = data
    fraud, legit = probability[label == 1], probability[label == 0]
    wins = (fraud[:, None] > legit).astype(float) + (fraud[:, None] == legit) / 2
    area, error = ranking.roc_auc(label, probability)
    assert area == pytest.approx(metrics.roc_auc_score(label, probability))
    if len(fraud) > 1 and len(legit) > 1:  # DeLong, DeLong and Clarke-Pearson's definition, pair by pair
        variance = wins.mean(axis=1).var(ddof=1) / len(fraud) + wins.mean(axis=0).var(ddof=1) / len(legit)
        assert error == pytest.approx(math.sqrt(variance), abs=1e-12)


@given(judged())
def test_the_interval_holds_the_area_and_stays_within_0_and_1(data):
    area, error = ranking.roc_auc(*data)
    low, high = ranking.interval(area, error)
    assert 0 <= low <= area + 1e-12
    assert area - 1e-12 <= high <= 1


def test_the_interval_is_about_that_of_a_stratified_bootstrap():
    label, probability = random_holdout()
    fraud, legit = probability[label == 1], probability[label == 0]
    rng, truth = np.random.default_rng(2), np.repeat([1, 0], [len(fraud), len(legit)])
    areas = [
        metrics.roc_auc_score(truth, np.concatenate([rng.choice(fraud, len(fraud)), rng.choice(legit, len(legit))]))
        for _ in range(300)
    ]
    assert ranking.interval(*ranking.roc_auc(label, probability)) == pytest.approx(
        np.quantile(areas, (0.025, 0.975)), abs=0.005
    )


@given(judged())
def test_recall_at_a_false_positive_rate_is_the_best_point_of_the_roc_curve(data):
    stopped, caught, _ = metrics.roc_curve(*data, drop_intermediate=False)
    shares = (0.0, 0.05, 0.1, 0.5, 1.0)
    for share, recall in ranking.recalls(*data, shares).items():
        assert recall == pytest.approx(caught[stopped <= share + 1e-9].max())


@given(judged())
def test_the_curves_are_points_of_scikit_learns(data):
    label, probability = data
    found = curves.judge_curves(label, probability, calibrate(label, probability, Thresholds()), None)
    stopped, caught, _ = metrics.roc_curve(label, probability, drop_intermediate=False)
    for share, recall in zip(*found["roc"].values(), strict=True):
        assert recall == pytest.approx(caught[stopped <= share + 1e-9].max(), abs=1e-6)
    for recall, precision in zip(*found["precision_recall"].values(), strict=True):
        cut = max(value for value in probability if (probability[label == 1] >= value).mean() >= recall - 1e-9)
        assert precision == pytest.approx(label[probability >= cut].mean(), abs=1e-6)


@given(judged())
def test_what_each_threshold_would_do_is_counted_right(data):
    label, probability = data
    amount = np.arange(1.0, len(label) + 1)
    amount[0] = np.nan
    calibrated = calibrate(label, probability, Thresholds(0.1, 0.05))
    by = curves.judge_curves(label, probability, calibrated, amount)["by_threshold"]
    assert {calibrated.review_from, calibrated.block_from} <= set(by["threshold"])
    assert by["threshold"] == sorted(set(by["threshold"]))
    for at, cut in enumerate(by["threshold"]):
        flagged = probability >= cut
        assert by["fraud_flagged"][at] == (flagged & (label == 1)).sum()
        assert by["legit_flagged"][at] == (flagged & (label == 0)).sum()
        assert by["fraud_amount"][at] == pytest.approx(np.nansum(amount[flagged & (label == 1)]))
        assert by["legit_amount"][at] == pytest.approx(np.nansum(amount[flagged & (label == 0)]))


def test_the_curves_are_bounded_whatever_the_size():
    label, probability = random_holdout(rows=60_000)
    found = curves.judge_curves(label, probability, calibrate(label, probability, Thresholds()), probability)
    for part in ("roc", "precision_recall", "by_threshold"):
        assert all(len(values) <= 101 for values in found[part].values())
    assert sum(found["scores"]["fraud"]) == label.sum()
    assert sum(found["scores"]["legit"]) == (label == 0).sum()
