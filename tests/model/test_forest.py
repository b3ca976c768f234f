"""The walk in plain Python gives the log-odds that XGBoost gives, to the last bit, whatever the trees and the rows."""

import json
import math
from typing import Any

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings, strategies

from model.forest import Forest, ForestError
from model.training import logistic
from model.training.trees import Lesson

ODD = [0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 1e-45, -1e-45, 1e-38, 3e38, -3e38, 1e30, -1e30, 16777217.0, 255.0, math.nan]
COLUMNS = 4


def margins(booster: xgboost.Booster, rows: np.ndarray) -> list[float]:
    found = booster.inplace_predict(rows.astype(np.float32), predict_type="margin", validate_features=False)
    return [float(value) for value in found]


def read(booster: xgboost.Booster) -> Forest:
    return Forest.from_json(bytes(booster.save_raw("json")))


def grown(rows: np.ndarray, label: np.ndarray, rounds: int = 8, **options: Any) -> xgboost.Booster:
    """As training/trees.py grows them."""
    names = [f"f{column}" for column in range(rows.shape[1])]
    parameters = {"objective": "binary:logistic", "base_score": 0.5, "nthread": 1, "min_child_weight": 0} | options
    return xgboost.train(parameters, xgboost.DMatrix(rows.astype(np.float32), label, feature_names=names), rounds)


def limits(booster: xgboost.Booster) -> np.ndarray:
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    return np.array([limit for tree in trees for limit in tree["split_conditions"]], dtype=np.float32)


def around(values: np.ndarray) -> np.ndarray:
    """Each value, its neighbours among the float32, and numbers in between that only a float64 can tell from it."""
    up, down = (np.nextafter(values, np.float32(side)).astype(np.float64) for side in (np.inf, -np.inf))
    exact = values.astype(np.float64)
    found = [exact, up, down, np.nextafter(exact, np.inf), np.nextafter(exact, -np.inf), (exact + up) / 2]
    return np.concatenate(found)


@pytest.fixture(scope="module")
def learned() -> tuple[xgboost.Booster, np.ndarray]:
    """A booster of the default recipe's kind, and the rows it was grown on."""
    random = np.random.default_rng(11)
    rows = np.round(np.exp(random.normal(3, 2, (4000, 12))), 2)
    rows[random.random(rows.shape) < 0.2] = np.nan
    odds = np.nan_to_num(np.log(rows[:, 0] / rows[:, 1])) - 2
    label = (random.random(len(rows)) < 1 / (1 + np.exp(-odds))).astype(int)
    options = {"num_parallel_tree": 3, "max_depth": 6, "learning_rate": 0.1, "subsample": 0.8, "max_bin": 256}
    return grown(rows, label, rounds=60, **options), rows


def test_twenty_thousand_rows_with_gaps_and_ties_are_equal(learned):
    booster, rows = learned
    random = np.random.default_rng(12)
    values = np.concatenate([around(limits(booster)), rows[~np.isnan(rows)], np.array(ODD)])
    drawn = random.choice(values, (20_000, rows.shape[1]))
    drawn[random.random(drawn.shape) < 0.2] = np.nan
    forest = read(booster)
    assert [forest.log_odds(row) for row in drawn.tolist()] == margins(booster, drawn)


number = strategies.sampled_from(ODD) | strategies.floats(width=32, allow_infinity=False)
row = strategies.lists(number, min_size=COLUMNS, max_size=COLUMNS)


@given(
    strategies.lists(strategies.tuples(row, strategies.booleans()), min_size=2, max_size=40),
    strategies.lists(row, min_size=1, max_size=10),
    strategies.integers(1, 7),
    strategies.integers(1, 3),
    strategies.sampled_from(["hist", "exact"]),
    strategies.integers(0, 2**31 - 1),
)
@settings(max_examples=150, deadline=None)
def test_any_trees_and_rows_are_equal(examples, asked, depth, trees_per_round, method, seed):
    rows = np.array([values for values, _ in examples])
    label = np.array([float(fraud) for _, fraud in examples])
    options = {"max_depth": depth, "num_parallel_tree": trees_per_round, "tree_method": method, "seed": seed}
    booster = grown(rows, label, rounds=4, subsample=0.9, **options)
    of_limits = np.resize(around(limits(booster)), (8, COLUMNS))
    drawn = np.concatenate([rows, np.array(asked), of_limits[np.isfinite(of_limits).all(axis=1)]])
    drawn = drawn[~np.isinf(drawn.astype(np.float32)).any(axis=1)]
    forest = read(booster)
    assert [forest.log_odds(values) for values in drawn.tolist()] == margins(booster, drawn)


@pytest.mark.parametrize("limit", [math.inf, -math.inf])
@pytest.mark.parametrize("missing_goes_left", [0, 1])
def test_the_missing_go_their_way_where_a_limit_is_infinite(limit, missing_goes_left):
    """XGBoost makes such limits of values that are nearly too large for it."""

    def change(learner: dict[str, Any]) -> None:
        tree(learner)["split_conditions"][0] = limit
        tree(learner)["default_left"][0] = missing_goes_left

    document = changed(change)
    booster = xgboost.Booster()
    booster.load_model(bytearray(document))
    drawn = np.full((3, 4), np.nan)
    drawn[1:] = [[3.4e38] * 4, [-3.4e38] * 4]
    forest = Forest.from_json(document)
    assert [forest.log_odds(values) for values in drawn.tolist()] == margins(booster, drawn)


def test_a_scorecard_is_walked_like_any_trees(learned):
    _, rows = learned
    label = (np.nan_to_num(rows[:, 2]) > 30).astype(int)
    names = tuple(f"f{column}" for column in range(rows.shape[1]))
    booster = logistic.grow(Lesson(rows.astype(np.float32), label, names, {}), seed=1)
    forest = read(booster)
    assert forest.features == names
    assert [forest.log_odds(values) for values in rows.tolist()] == margins(booster, rows)


def test_the_shipped_model_gives_the_probability_of_the_endpoint(served, model_dir):
    from model import inference

    forest = Forest.from_json((model_dir / "trees.json").read_bytes())
    random = np.random.default_rng(13)
    drawn = random.choice(np.concatenate([around(limits(served.booster)), [np.nan] * 50]), (500, len(forest.features)))
    walked = [served.contract.calibrate(forest.log_odds(values)) for values in drawn.tolist()]
    assert walked == inference.predict(served, drawn.tolist())


def test_a_log_odds_of_before_the_first_tree_counts(learned):
    _, rows = learned
    label = (np.nan_to_num(rows[:, 2]) > 30).astype(int)
    booster = grown(rows, label, base_score=0.2)
    forest = read(booster)
    assert [forest.log_odds(values) for values in rows.tolist()] == pytest.approx(margins(booster, rows), abs=1e-6)


@pytest.mark.parametrize("width", [0, 11, 13])
def test_a_row_of_another_length_is_refused(learned, width):
    with pytest.raises(ForestError, match=f"a row has {width} values, and the trees want 12"):
        read(learned[0]).log_odds([0.0] * width)


def changed(change: Any) -> bytes:
    rows = np.arange(40.0).reshape(10, 4)
    document = json.loads(grown(rows, np.arange(10) % 2, rounds=1).save_raw("json"))
    change(document["learner"])
    return json.dumps(document).encode()


def tree(learner: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = learner["gradient_booster"]["model"]["trees"][0]
    return found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda learner: learner.pop("feature_names"), "incomplete or malformed"),
        (lambda learner: learner["gradient_booster"].update(name="dart"), "not boosted trees"),
        (lambda learner: learner["objective"].update(name="multi:softprob"), "not boosted trees"),
        (lambda learner: tree(learner).update(left_children=[]), "incomplete or malformed"),
        (lambda learner: tree(learner)["left_children"].__setitem__(0, 0), "lead nowhere"),
        (lambda learner: tree(learner)["left_children"].__setitem__(0, 10_000), "incomplete or malformed"),
        (lambda learner: tree(learner)["split_indices"].__setitem__(0, 4), "lead nowhere"),
        (lambda learner: tree(learner)["split_type"].__setitem__(0, 1), "sets of categories"),
        (lambda learner: tree(learner).update(split_conditions=["much"]), "incomplete or malformed"),
        (lambda learner: learner["learner_model_param"].update(base_score="1"), "incomplete or malformed"),
    ],
)
def test_trees_that_cannot_be_walked_are_refused_when_they_are_read(change, reason):
    with pytest.raises(ForestError, match=reason):
        Forest.from_json(changed(change))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"learner": []}', b"\xff"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(ForestError):
        Forest.from_json(text)
