"""Money, calibration, segments, drift, influence and the data's summary, each against numbers counted by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st

from model.training.evaluation import alone, calibration, drift, influence, money, segments, summary
from model.training.evaluation.holdout import Holdout
from model.training.problems import Rejections

LABEL = np.array([1, 1, 0, 0, 0])
PROBABILITY = np.array([0.9, 0.2, 0.8, 0.1, 0.3])
AMOUNT = np.array([100.0, 50.25, 10.0, np.nan, 5.0])


def test_money_caught_missed_and_stopped():
    found = money.judge_threshold(LABEL, PROBABILITY, 0.8, AMOUNT)
    assert found["confusion_matrix"] == {"fraud_flagged": 1, "fraud_missed": 1, "legit_flagged": 1, "legit_passed": 2}
    assert found["amount"] == {
        "fraud_flagged": 100.0, "fraud_missed": 50.25, "legit_flagged": 10.0, "legit_passed": 5.0,
        "share_of_fraud_caught": round(100 / 150.25, 6),
    }  # fmt: skip
    assert (found["recall"], found["precision"], found["false_positive_rate"]) == (0.5, 0.5, 0.333333)


def test_without_an_amount_nothing_is_said_of_money():
    assert "amount" not in money.judge_threshold(LABEL, PROBABILITY, 0.8, None)


def test_where_refunds_outweigh_there_is_no_share_of_the_money():
    found = money.judge_threshold(LABEL, PROBABILITY, 0.8, np.array([5.0, -9.0, 1.0, 1.0, 1.0]))
    assert found["amount"]["fraud_missed"] == -9.0
    assert found["amount"]["share_of_fraud_caught"] is None


def test_a_threshold_that_flags_nothing_has_no_precision():
    assert money.judge_threshold(LABEL, PROBABILITY, 0.95, None)["precision"] is None


def test_ten_bins_of_equal_size_with_their_fraud_rates():
    probability = np.arange(1, 101) / 200
    label = (np.arange(100) % 10 == 9).astype(int)
    found = calibration.judge_calibration(label, probability)
    assert [(bin_["rows"], bin_["fraud_rate"]) for bin_ in found["bins"]] == [(10, 0.1)] * 10
    assert found["bins"][0]["mean_probability"] == pytest.approx(np.mean(probability[:10]))
    assert found["brier"] == pytest.approx(np.mean((probability - label) ** 2), abs=1e-9)
    assert found["brier_of_the_rate"] == pytest.approx(0.09)


@given(st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]), min_size=2, max_size=60))
def test_equal_probabilities_share_a_bin_and_no_row_is_lost(values):
    probability = np.array(values)
    bins = calibration.judge_calibration(np.arange(len(values)) % 2, probability)["bins"]
    assert sum(bin_["rows"] for bin_ in bins) == len(values)
    assert [bin_["mean_probability"] for bin_ in bins] == sorted({bin_["mean_probability"] for bin_ in bins})
    for value in set(values):  # a bin that held a part of the equal ones would end between two of them
        below = int((probability < value).sum())
        equal = int((probability == value).sum())
        ends = np.cumsum([bin_["rows"] for bin_ in bins])
        assert not any(below < end < below + equal for end in ends)


def test_stability_is_the_sum_over_the_bins():
    before, after = np.array([50, 30, 20, 0]), np.array([30, 30, 40, 0])
    b, a = [(n + 0.5) / 101.5 for n in (50, 30, 20)], [(n + 0.5) / 101.5 for n in (30, 30, 40)]
    expected = sum((x - y) * math.log(x / y) for x, y in zip(a, b, strict=True))
    assert drift.stability(before, after) == pytest.approx(expected)


counts = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12)


@given(counts.filter(lambda bins: all(map(sum, zip(*bins, strict=True)))))
def test_stability_is_never_negative_the_same_both_ways_and_finite(bins):
    before, after = np.array(bins).T
    found = drift.stability(before, after)
    assert 0 <= found + 1e-12 < math.inf
    assert found == pytest.approx(drift.stability(after, before))
    assert drift.stability(before, before) == 0


def test_drift_finds_the_feature_that_moved_and_the_one_that_went_missing():
    rng = np.random.default_rng(4)
    before = np.column_stack([rng.normal(size=5000), rng.normal(size=5000), rng.integers(0, 3, 5000)])
    after = np.column_stack([rng.normal(1, 1, 5000), rng.normal(size=5000), rng.integers(0, 3, 5000)])
    after[:2500, 2] = np.nan
    found = drift.judge_drift(before, after, ("moved", "same", "kind"), {"kind": ("a", "b", "c")})
    assert found["moved"] > 0.5
    assert found["same"] < 0.02
    assert found["kind"] > 1
    assert list(found) == sorted(found, key=lambda name: -found[name])


def test_drift_of_a_column_that_was_always_missing_can_be_computed():
    nothing, something = np.full((10, 1), np.nan), np.ones((10, 1))
    assert drift.judge_drift(nothing, nothing, ("x",), {}) == {"x": 0.0}
    assert drift.judge_drift(nothing, something, ("x",), {})["x"] > 1


def test_long_periods_are_thinned_evenly():
    assert len(drift.thin(np.arange(100))) == 100
    thinned = drift.thin(np.arange(450_000))
    assert len(thinned) == 150_000
    assert set(np.diff(thinned)) == {3}


def test_amount_bands_are_quartiles_and_every_row_is_in_one():
    amount = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, np.nan])
    parts = dict(segments.bands(amount))
    assert list(parts) == ["up to 2.00", "above 2.00, up to 4.00", "above 4.00, up to 6.00", "above 6.00", "missing"]
    assert [int(mask.sum()) for mask in parts.values()] == [2, 2, 2, 2, 1]


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0, math.nan]), max_size=30))
def test_no_row_is_in_two_bands(values):
    assert (
        sum((mask.astype(int) for _, mask in segments.bands(np.array(values, float))), np.zeros(len(values))) == 1
    ).all()


def test_the_commonest_values_come_first_the_others_together():
    codes = np.array([0, 1, 1] + [2] * 3 + [3] * 4 + list(range(4, 12)) + [np.nan], dtype=np.float32)
    parts = [(part, int(mask.sum())) for part, mask in segments.commonest(codes, tuple("abcdefghijkl"))]
    assert parts[:3] == [("d", 4), ("c", 3), ("b", 2)]
    assert len(parts) == segments.MOST_VALUES + 2
    assert parts[-2:] == [("all others", 4), ("rare, new or missing", 1)]


def test_new_entities_are_those_that_fitting_never_saw():
    parts = {part: mask.tolist() for part, mask in segments.newness(np.array([0, 2, -1]), np.array([0, 1, 2, -1]))}
    assert parts == {
        "seen in fitting": [True, False, True, False],
        "never seen in fitting": [False, True, False, False],
        "missing": [False, False, False, True],
    }


def test_entities_with_a_history_are_told_apart_by_when_they_were_first_seen():
    present, day = np.array([True, True, True, True, True, False]), 86_400
    seconds = np.array([np.nan, 0, day, 7 * day, 400 * day, np.nan], dtype=np.float32)
    parts = {part: np.flatnonzero(mask).tolist() for part, mask in segments.acquaintance(present, seconds)}
    assert parts == {
        "never seen before": [0],
        "first seen less than a day before": [1],
        "first seen 1 to 7 days before": [2],
        "first seen 7 or more days before": [3, 4],
        "missing": [5],
    }


def test_influence_ranks_the_feature_that_decides_and_is_the_same_every_time():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(3000, 2)).astype(np.float32)
    names = ("noise", "signal")
    data = xgboost.DMatrix(rows, rows[:, 1] > 0, feature_names=list(names))
    booster = xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 5)
    found = influence.judge_influence(booster, rows, names, seed=7, threads=1)
    assert found["rows"] == influence.MOST_ROWS
    assert next(iter(found["mean_absolute_shap"])) == "signal"
    assert found == influence.judge_influence(booster, rows, names, seed=7, threads=2)
    every = influence.judge_influence(booster, rows[:50], names, seed=7, threads=1)
    shap = booster.predict(xgboost.DMatrix(rows[:50], feature_names=list(names)), pred_contribs=True)
    assert every["mean_absolute_shap"]["signal"] == pytest.approx(np.abs(shap[:, 1]).mean(), abs=1e-5)


def test_rejected_rows_are_counted_by_reason():
    rejected = Rejections()
    for row in range(3):
        rejected.add("a.csv", row, "amount", "must be a number")
    rejected.add("b.csv", 9, "card", "is required and missing")
    assert summary.reasons(rejected) == [
        {"field": "amount", "reason": "must be a number", "rows": 3},
        {"field": "card", "reason": "is required and missing", "rows": 1},
    ]


def test_what_a_feature_tells_by_itself_does_not_depend_on_its_direction_or_kind():
    label = np.array([1, 1, 1, 0, 0, 0])
    fitted = np.array([[0, 0], [1, 0], [1, 0], [0, 0], [np.nan, 0], [np.nan, 0]], dtype=np.float32)
    held_out = np.array([[0, -5], [1, -4], [1, np.nan], [0, 1], [np.nan, 2], [0, 3]], dtype=np.float32)
    found = alone.judge_alone(
        Holdout(
            schema=None,
            names=("kind", "number"),
            categories={"kind": ("a", "b")},
            fitted_on=SimpleNamespace(label=np.array([0, 1, 1, 1, 0, 0])),
            fitted_rows=fitted,
            table=SimpleNamespace(label=label),
            rows=held_out,
            probability=label,
        )
    )
    # kind: shares of fraud .5, 1 and 0 (missing), so frauds have .5 1 1 and the others .5 0 .5
    assert found == {"number": 1.0, "kind": round((2 * 0.5 + 1 + 6) / 9, 6)}
