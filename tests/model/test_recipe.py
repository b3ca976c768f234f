"""The parts of the training recipe: calibration, logistic regression, search, settings, one-way features."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from model.contract import Platt
from model.schema import Schema, load
from model.training import fitting, logistic, platt, search, trees
from model.training.directions import directions
from model.training.fitting import Lesson, Options
from model.training.problems import TrainingError
from tests.model.conftest import run_model, small

NAMES = ("signal", "noise", "gaps")


def lesson(size: int = 4000, seed: int = 5) -> Lesson:
    """A tenth is fraud: large signals, and where `gaps` has no value."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(size, 3)).astype(np.float32)
    rows[random.random(size) < 0.2, 2] = np.nan
    odds = -3.3 + 1.5 * rows[:, 0] + 1.2 * np.isnan(rows[:, 2])
    return Lesson(rows, (random.random(size) < 1 / (1 + np.exp(-odds))).astype(np.int8), NAMES, {})


def halves(whole: Lesson) -> tuple[Lesson, Lesson]:
    middle = len(whole.label) // 2
    return whole.part(np.arange(middle)), whole.part(np.arange(middle, len(whole.label)))


def test_calibration_finds_the_line_that_made_the_labels():
    random = np.random.default_rng(1)
    log_odds = random.normal(-2, 2, 60_000)
    label = random.random(60_000) < 1 / (1 + np.exp(-(0.7 * log_odds - 0.5)))
    found = platt.fit(label.astype(np.int8), log_odds)
    assert (found.slope, found.intercept) == (pytest.approx(0.7, abs=0.03), pytest.approx(-0.5, abs=0.05))


def test_calibration_is_that_of_a_plain_regression_on_the_log_odds():
    random = np.random.default_rng(2)
    log_odds = random.normal(-1, 3, 5000)
    label = (random.random(5000) < 1 / (1 + np.exp(1 - 0.4 * log_odds))).astype(np.int8)
    plain = LogisticRegression(C=1e9, tol=1e-9).fit(log_odds[:, None], label)
    found = platt.fit(label, log_odds)
    assert found.slope == pytest.approx(plain.coef_[0, 0], rel=0.01)
    assert found.intercept == pytest.approx(plain.intercept_[0], rel=0.01)


@pytest.mark.parametrize(
    ("label", "log_odds"),
    [
        ([1] * 5 + [0] * 995, np.arange(1000.0)),
        ([1] * 500 + [0] * 500, np.arange(1000.0)),
        ([0, 1] * 500, np.zeros(1000)),
    ],
    ids=["too few frauds", "falling", "no spread"],
)
def test_what_cannot_be_calibrated_keeps_its_log_odds(label, log_odds):
    assert platt.fit(np.array(label), log_odds) == Platt()


def test_a_perfect_model_is_not_called_certain():
    label = np.array([0] * 900 + [1] * 100)
    found = platt.fit(label, np.where(label == 1, 2.0, -2.0))
    assert 0.98 < found.probability(2.0) < 1
    assert 0 < found.probability(-2.0) < 0.01


def test_the_calibration_that_is_shipped_was_fitted_on_rows_that_the_trees_had_not_seen():
    whole, apart = lesson(20_000), lesson(20_000, seed=6)
    fitted = fitting.fit(whole, np.arange(20_000), Options(num_round=200, patience=200, learning_rate=0.3), threads=1)
    probability = fitting.predict(fitted.booster, apart.rows, fitted.calibration)
    assert fitted.early_stopped_on == 4000
    assert probability.mean() == pytest.approx(apart.label.mean(), rel=0.1)


def test_a_logistic_regression_says_in_trees_what_scikit_learn_says():
    whole = lesson()
    booster = logistic.grow(whole, seed=1)
    edges = [logistic._edges(column) for column in whole.rows.T]
    hot = np.concatenate(
        [
            np.eye(len(of) + 2)[logistic._bins(column, of)]
            for column, of in zip(whole.rows.T, edges, strict=True)
        ],
        axis=1,
    )  # fmt: skip
    expected = LogisticRegression(max_iter=300).fit(hot, whole.label).decision_function(hot)
    assert trees.log_odds(booster, whole.rows) == pytest.approx(expected, abs=1e-3)


def test_a_logistic_regression_explains_itself_to_the_last_digit():
    whole = lesson()
    booster = logistic.grow(whole, seed=1)
    parts = booster.predict(xgboost.DMatrix(whole.rows, feature_names=list(NAMES)), pred_contribs=True)
    assert parts.sum(axis=1) == pytest.approx(trees.log_odds(booster, whole.rows), abs=1e-4)
    gap = np.isnan(whole.rows[:, 2])
    assert parts[gap, 2].min() > parts[~gap, 2].max()
    assert np.unique(parts[:, 0]).size <= logistic.BINS


def test_a_logistic_regression_survives_odd_columns():
    whole = lesson()
    rows = np.column_stack([whole.rows, np.full(4000, np.nan), np.full(4000, 7), np.where(whole.label, 1e30, -1e30)])
    odd = Lesson(rows.astype(np.float32), whole.label, (*NAMES, "empty", "same", "far"), {})
    assert np.isfinite(trees.log_odds(logistic.grow(odd, seed=1), odd.rows)).all()


def test_a_thinned_logistic_regression_says_much_the_same(monkeypatch):
    whole = lesson(20_000)
    full = trees.log_odds(logistic.grow(whole, seed=1), whole.rows)
    monkeypatch.setattr(logistic, "MOST_LEGIT", 6000)
    thin = trees.log_odds(logistic.grow(whole, seed=1), whole.rows)
    assert abs(full.mean() - thin.mean()) < 0.3
    assert abs(roc_auc_score(whole.label, full) - roc_auc_score(whole.label, thin)) < 0.01


@pytest.fixture(scope="module")
def plain(sample, tmp_path_factory):
    """A training that chose the logistic regression."""
    out = tmp_path_factory.mktemp("logistic")
    done = run_model("train", "--data", *sample, "--out", out, "--option", "algorithm=logistic")
    assert done.returncode == 0, done.stderr
    return out


def test_either_algorithm_is_reported_beside_the_other(plain, trained):
    chosen, usual = (json.loads((out / "evaluation.json").read_text()) for out in (plain, trained))
    assert (chosen["training"]["algorithm"], chosen["baseline"]["algorithm"]) == ("logistic", "xgboost")
    assert (usual["training"]["algorithm"], usual["baseline"]["algorithm"]) == ("xgboost", "logistic")
    for figure in ("roc_auc", "average_precision"):
        assert chosen["ranking"][figure] == usual["baseline"][figure]
        assert chosen["baseline"][figure] == usual["ranking"][figure]


def test_a_logistic_regression_is_scored_like_any_model(plain, sample, tmp_path):
    done = run_model("score", "--model", plain, "--data", sample[0], "--out", tmp_path / "scores.csv")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "scores.csv").read_text().splitlines()[1:]
    assert len({line.split(",")[1] for line in lines}) > 100


def test_a_search_tries_so_many_draws_and_keeps_the_best():
    early, late = halves(lesson())
    asked = Options(num_round=30, search_trials=4, trees_per_round=1, max_depth=5, max_bin=256)
    found = search.best(early, late, asked, threads=1)
    losses = [trial["logloss"] for trial in found.trials]
    assert len(losses) == 5
    assert found.trials[0]["learning_rate"] == asked.learning_rate
    assert round(found.watched.logloss, 9) == min(losses)
    assert found.options.max_depth == found.trials[losses.index(min(losses))]["max_depth"]
    for name, (low, high, _) in search.RANGES.items():
        assert all(low <= trial[name] <= high for trial in found.trials[1:])


def test_a_search_is_the_same_again_with_the_same_seed_only():
    early, late = halves(lesson())
    asked = Options(num_round=5, search_trials=3, trees_per_round=1, max_depth=5, max_bin=256)
    first = search.best(early, late, asked, threads=1).trials
    assert search.best(early, late, asked, threads=1).trials == first
    assert search.best(early, late, replace(asked, seed=8), threads=1).trials != first


def test_without_a_search_there_is_one_trial_and_no_list():
    early, late = halves(lesson())
    assert search.best(early, late, Options(num_round=5).settled(2_000, 100), threads=1).trials == []


def test_more_risk_in_the_newest_window_never_lowers_the_score():
    schema = load()
    ways = directions(schema.history_plan)
    assert ways["terminal_risk_1d"] == ways["customer_risk_1d"] == 1
    assert not any("30d" in name for name in ways)
    random = np.random.default_rng(3)
    rows = random.random((3000, 1)).astype(np.float32)
    label = (rows[:, 0] < 0.3).astype(np.int8)
    for monotone, falls in ((1, False), (0, True)):
        booster = fitting.fit(
            Lesson(rows, label, ("risk",), {"risk": 1}), np.arange(3000), Options(num_round=20, monotone=monotone), 1
        ).booster
        low, high = trees.log_odds(booster, np.array([[0.1], [0.9]], dtype=np.float32))
        assert (high < low - 1) == falls


def test_a_schema_without_risk_has_no_directions():
    assert directions(Schema.from_dict(small(history={"windows": []})).history_plan) == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"algorithm": "magic"}, "hyperparameter algorithm: expected one of xgboost, logistic"),
        ({"subsample": "0"}, "hyperparameter subsample: expected a number from 0.05 to 1"),
        ({"max_depth": "3.5"}, "hyperparameter max_depth: expected a whole number from 1 to 16"),
        ({"refit": "yes"}, "hyperparameter refit: expected a whole number from 0 to 1"),
        ({"depth": "3"}, "there is no hyperparameter depth; there are algorithm, num_round"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(texts, message):
    with pytest.raises(TrainingError, match=message):
        Options.from_texts(texts)


def test_settings_are_read_from_text():
    found = Options.from_texts({"algorithm": "logistic", "learning_rate": "0.2", "max_depth": "3"})
    assert found == Options(algorithm="logistic", learning_rate=0.2, max_depth=3)
    assert not math.isnan(found.learning_rate)


@pytest.mark.parametrize(("frauds", "trees", "depth", "rounds"), [(1_999, 3, 4, 100), (2_000, 1, 5, 300)])
def test_trees_are_averaged_and_less_deep_where_frauds_are_few(frauds, trees, depth, rounds):
    settled = Options().settled(1_000_000, frauds)
    assert (settled.trees_per_round, settled.max_depth, settled.num_round) == (trees, depth, rounds)


@pytest.mark.parametrize(("rows", "bins"), [(100, 256), (16_000, 1_000), (10_000_000, 4_096)])
def test_bins_grow_with_the_rows(rows, bins):
    assert Options().settled(rows, 10).max_bin == bins


def test_what_was_asked_for_is_kept():
    asked = Options(trees_per_round=2, num_round=500, max_depth=6, max_bin=99)
    assert asked.settled(1_000_000, 10) == asked
