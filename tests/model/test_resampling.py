"""The bootstrap of average precision: as resampling rows one by one, but bounded in time."""

import numpy as np
import pytest
from hypothesis import given
from sklearn import metrics

from model.training.evaluation import resampling
from tests.model.test_evaluation_ranking import judged


def two_models(rows, rate=0.02, seed=1):
    """Labels and the scores of a good and of a somewhat worse model that agree a lot."""
    rng = np.random.default_rng(seed)
    label = (rng.random(rows) < rate).astype(int)
    base = rng.normal(2.2 * label, 1)
    return label, base + rng.normal(0, 0.4, rows), base + rng.normal(0, 0.8, rows)


def row_by_row(label, scores, resamples):
    fraud, legit = np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    rng, found = np.random.default_rng(5), []
    for _ in range(resamples):
        at = np.concatenate([rng.choice(fraud, len(fraud)), rng.choice(legit, len(legit))])
        found.append([metrics.average_precision_score(label[at], score[at]) for score in scores])
    return np.array(found)


@given(judged())
def test_the_exact_figure_is_scikit_learns(data):
    assert resampling.exactly(*data) == pytest.approx(metrics.average_precision_score(*data))


@given(judged())
def test_resamples_are_shares_and_those_of_a_perfect_ranking_perfect(data):
    label, probability = data
    found = resampling.average_precisions(label, [probability, label.astype(float)])
    assert found.shape == (resampling.RESAMPLES, 2)
    assert ((found >= 0) & (found <= 1)).all()
    assert found[:, 1] == pytest.approx(1.0)


@pytest.mark.parametrize("rows", [1500, 12_000])
def test_interval_and_paired_difference_are_those_of_resampling_row_by_row(rows):
    label, better, worse = two_models(rows)
    fast, slow = resampling.average_precisions(label, [better, worse]), row_by_row(label, [better, worse], 600)
    for take in (lambda found: found[:, 0], lambda found: found[:, 0] - found[:, 1]):
        of_fast, of_slow = np.quantile(take(fast), resampling.TAILS), np.quantile(take(slow), resampling.TAILS)
        assert of_fast == pytest.approx(of_slow, abs=0.15 * (of_slow[1] - of_slow[0]))


def test_models_that_agree_have_a_much_narrower_difference_than_each_has_by_itself():
    label, better, _ = two_models(12_000)
    found = resampling.average_precisions(label, [better, better + 1e-3 * np.arange(12_000) / 12_000])
    assert np.ptp(np.quantile(found[:, 0] - found[:, 1], resampling.TAILS)) < 0.02
    assert np.ptp(np.quantile(found[:, 0], resampling.TAILS)) > 0.05


def test_the_same_rows_give_the_same_figures_and_the_work_does_not_grow_with_them():
    label, better, worse = two_models(400_000)
    found = resampling.average_precisions(label, [better])
    assert (found == resampling.average_precisions(label, [better])).all()
    levels = [resampling._levels(score)[label == 0] for score in (better, worse)]
    assert len(resampling._Cells.of(levels).rows) < 60_000  # of 392,000 legitimate transactions
    assert len(resampling._Cells.of(levels[:1]).rows) < 300
