"""That the model learns what there is to learn, in the same way every time, and nothing from the future."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from model import artefact, features
from model.__main__ import _day
from model.schema import load
from model.simulation import files, payments
from model.training import fitting, matrix
from model.training.fitting import Options
from model.training.problems import Rejections
from model.training.split import split
from model.training.table import read_files
from tests.model.conftest import run_model, small


def test_plain_features_find_the_simulated_fraud(trained):
    metrics = json.loads((trained / "evaluation.json").read_text())["metrics"]
    assert metrics["roc_auc"] > 0.85
    assert metrics["average_precision"] > 5 * payments.FRAUD_SHARE


def test_the_same_files_give_the_same_bytes(sample, trained, tmp_path):
    done = run_model("train", "--data", *sample, "--out", tmp_path, "--threads", 2)
    assert done.returncode == 0, done.stderr
    for name in ("model.tar.gz", "evaluation.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes(), name


def test_the_evaluation_counts_what_was_read(trained, sample):
    evaluation = json.loads((trained / "evaluation.json").read_text())
    rows, parts = evaluation["data"]["rows"], evaluation["data"]["parts"]
    assert rows["read"] == rows["used"] == 12_000
    assert rows["rejected"] == rows["duplicates_dropped"] == 0
    unlabelled = rows["unlabelled"]
    assert sum(part["rows"] for part in parts.values()) + unlabelled == rows["used"]
    learned = sum(parts[part]["rows"] for part in ("fitting", "label_delay", "hold_out"))
    assert evaluation["data"]["shipped"]["rows"] == learned
    assert parts["hold_out"]["to"] < parts["immature"]["from"]
    assert (
        parts["fitting"]["to"] < parts["label_delay"]["from"] <= parts["label_delay"]["to"] < parts["hold_out"]["from"]
    )
    matrix = evaluation["metrics"]["at_review_threshold"]["confusion_matrix"]
    assert sum(matrix.values()) == parts["hold_out"]["rows"]
    assert evaluation["metrics"]["at_review_threshold"]["false_positive_rate"] <= 0.02


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    schema = load()
    paths = files.write(payments.simulate(6000, 60, _day("2026-03-01"), 9), tmp_path_factory.mktemp("world"), 9)
    return schema, read_files(schema, [(path.name, path) for path in paths], Rejections())


def fit(schema, table):
    parts = split(schema, table)
    categories = matrix.learn_categories(schema, table, parts.fitting)
    chosen = table.take(parts.fitting)
    rows = matrix.matrix(schema, chosen, categories)
    options = replace(Options(), num_round=60)
    lesson = fitting.Lesson(rows, chosen.label, features.names(schema), {})
    fitted = fitting.fit(lesson, chosen.time, options, threads=1)
    return fitted.booster.save_raw("json"), fitted.rounds, categories


def test_the_holdout_cannot_influence_the_model(world):
    """Not its labels, not its amounts and not its words: neither the trees nor when they stop, nor the categories."""
    schema, table = world
    before = fit(schema, table)
    holdout = split(schema, table).holdout
    label, values = table.label.copy(), {name: column.copy() for name, column in table.values.items()}
    label[holdout] = 1 - label[holdout]
    values["amount"][holdout] = 1.0
    values["channel"][holdout] = 0
    assert fit(schema, replace(table, label=label, values=values)) == before


def test_labels_that_were_not_known_yet_cannot_influence_the_model(world):
    schema, table = world
    before = fit(schema, table)
    waiting = split(schema, table).waiting
    label = table.label.copy()
    label[waiting] = 1 - label[waiting]
    assert fit(schema, replace(table, label=label)) == before


def test_rare_fraud_starts_from_even_odds(world):
    """XGBoost would otherwise start at the fraud rate, which ruins rare fraud."""
    schema, table = world
    learner = json.loads(fit(schema, table)[0])["learner"]
    assert float(learner["learner_model_param"]["base_score"].strip("[]")) == 0.5


@pytest.mark.parametrize(("refit", "known"), [(0, ("often", "a", "b")), (1, ("new", "often", "a", "b"))])
def test_categories_are_the_frequent_words_of_the_rows_learned_from(tmp_path, refit, known):
    """In order of frequency, ties by name; rare words stay unknown, and those that only the hold-out has until that
    has been judged."""
    words = ["often"] * 5 + ["b", "a", "b", "a", "rare"]
    lines = ["id,time,amount,card,shop,fraud"]
    for number in range(600):
        shop = "new" if number >= 360 else words[number % 10] if number < 90 else words[number % 9]
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        lines.append(f"t{number},{moment.isoformat()},{number % 7},c,{shop},{int(number % 7 == 0)}")
    (tmp_path / "data.csv").write_text("\n".join(lines))
    (tmp_path / "schema.yaml").write_text(json.dumps(small(holdout=0.4)))
    files = ["--schema", tmp_path / "schema.yaml", "--data", tmp_path / "data.csv", "--out", tmp_path]
    done = run_model("train", *files, "--option", f"refit={refit}")
    assert done.returncode == 0, done.stderr
    contract = artefact.verify(tmp_path / "model.tar.gz").contract
    assert contract.categories == {"shop": known}


def test_without_fraud_to_watch_a_moderate_number_of_rounds_is_taken():
    rows = np.random.default_rng(1).random((400, 2)).astype(np.float32)
    label = (rows[:, 0] > 0.9).astype(int)
    label[300:] = 0
    fitted = fitting.fit(fitting.Lesson(rows, label, ("a", "b"), {}), np.arange(400), Options(), threads=1)
    assert (fitted.rounds, fitted.early_stopped_on) == (100, 0)
    assert list(fitted.importance()) == ["a", "b"]


def test_fitting_stops_where_the_latest_part_gains_no_more():
    random = np.random.default_rng(1)
    rows, noise = random.random((2000, 2)).astype(np.float32), random.random(2000) < 0.2
    lesson = fitting.Lesson(rows, noise.astype(int), ("a", "b"), {})
    fitted = fitting.fit(lesson, np.arange(2000), Options(), threads=1)
    assert fitted.early_stopped_on == 400
    assert fitted.rounds < Options().num_round // 4
