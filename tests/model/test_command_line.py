"""python -m model, as a user types it."""

import csv
import json

import pytest

from model import artefact, features, inference
from tests.model.conftest import run_model
from tests.model.lookback import Replay


@pytest.fixture(scope="module")
def scores(trained, sample, tmp_path_factory):
    out = tmp_path_factory.mktemp("scores") / "scores.csv"
    done = run_model("score", "--model", trained, "--data", *sample, "--history", *sample, "--out", out)
    assert done.returncode == 0, done.stderr
    return list(csv.reader(out.read_text().splitlines()))


def complaint(done):
    """The one line of a user's mistake."""
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("model: ")
    return done.stderr.removeprefix("model: ").strip()


def test_scores_come_in_input_order_with_the_agreed_columns(scores, sample):
    assert scores[0] == ["transaction_id", "fraud_probability", "score", "outcome"]
    assert [row[0][:10] for row in scores[1:]] == [f"tx-{number:07d}" for number in range(1, 12_001)]


def test_scores_are_those_of_the_contract_and_separate_fraud(scores, trained):
    contract = artefact.verify(trained / "model.tar.gz").contract
    for _, probability, score, outcome in scores[1:500]:
        assert int(score) == contract.probability_to_score(float(probability))
        assert outcome == contract.outcome(float(probability))
    assert {row[3] for row in scores[1:]} == {"approve", "review", "block"}


def test_the_command_line_and_the_endpoint_give_the_same_probability(scores, served, sample):
    """The endpoint gets features of histories that grow event by event, as live scoring computes them."""
    schema = served.contract.schema
    past, late = Replay(schema.history_plan), []
    with sample[0].open() as stream:
        rows = [row for row, _ in zip(csv.DictReader(stream), range(800), strict=False)]
    for number, row in enumerate(rows):
        request = {name: value for name, value in row.items() if name != "is_fraud"}
        request |= {name: float(row[name]) for name in ("amount", "customer_age", "account_age_days")}
        transaction = schema.validate(request)
        while late and late[0].timestamp + schema.label_delay <= transaction.timestamp:
            past.judge(late.pop(0))
        if number % 20 == 0:
            computed = features.compute(schema, transaction, past.states_of(transaction))
            body = json.dumps({"features": list(computed), "rows": [list(computed.values())]})
            (prediction,) = inference.respond(served, body, "application/json")["predictions"]
            assert f"{prediction['fraud_probability']:.9g}" == scores[1 + number][1]
        past.observe(transaction)
        late += [transaction] if row["is_fraud"] == "1" else []


def test_an_unpacked_model_scores_the_same(scores, model_dir, sample, tmp_path):
    out = tmp_path / "scores.csv"
    assert run_model("score", "--model", model_dir, "--data", sample[0], "--out", out).returncode == 0
    assert list(csv.reader(out.read_text().splitlines())) == scores[:4001]


def test_training_tells_where_the_model_is(trained):
    assert {path.name for path in trained.iterdir()} == {
        "model.tar.gz",
        "evaluation.json",
        "report.html",
        "rejected.csv",
        "history",
    }


def test_the_history_makes_scores_those_of_the_whole(scores, trained, sample, tmp_path):
    """The rows to be scored may be among the history's too; they are found there and left out."""
    late = sample[0].read_text().splitlines(keepends=True)
    (tmp_path / "late.csv").write_text(late[0] + "".join(late[3001:]))
    out, alone = tmp_path / "scores.csv", tmp_path / "alone.csv"
    arguments = ("score", "--model", trained, "--data", tmp_path / "late.csv")
    assert run_model(*arguments, "--history", sample[0], "--out", out).returncode == 0
    assert list(csv.reader(out.read_text().splitlines()))[1:] == scores[3001:4001]
    assert run_model(*arguments, "--out", alone).returncode == 0
    assert alone.read_text() != out.read_text()


def test_bad_rows_to_score_are_set_aside_and_told(trained, sample, tmp_path):
    lines = sample[0].read_text().splitlines(keepends=True)
    lines[5] = lines[5].replace(",", ";")
    (tmp_path / "data.csv").write_text("".join(lines))
    done = run_model("score", "--model", trained, "--data", tmp_path / "data.csv", "--out", tmp_path / "out.csv")
    assert done.returncode == 0
    assert "1 unusable rows were set aside in" in done.stderr
    assert (tmp_path / "out.rejected.csv").read_text().endswith(",6,row,has 1 values where the header has 15\n")
    assert (tmp_path / "out.csv").read_text().count("\n") == 4000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--data", "none.csv", "--out", "out"), "none.csv: is not a file"),
        (("train", "--schema", "none.yaml", "--data", "a.csv", "--out", "out"), "none.yaml: No such file or directory"),
        (("train", "--data", "a.csv", "--out", "a.csv"), "a.csv: File exists"),
        (
            ("train", "--data", "a.csv", "--out", "out"),
            "a.csv: the header lacks the column 'transaction_id'; it has x, y",
        ),
        (
            ("train", "--schema", "a.csv", "--data", "a.csv", "--out", "out"),
            "the schema: expected a mapping of keys to values",
        ),
        (
            ("score", "--model", "none", "--data", "a.csv", "--out", "o.csv"),
            "none: has neither model.tar.gz nor an unpacked model",
        ),
        (("score", "--model", "a.csv", "--data", "a.csv", "--out", "o.csv"), "the artefact is not a complete tar.gz"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(tmp_path, monkeypatch, arguments, message):
    from tests.model.conftest import ROOT

    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    done = run_model(*arguments, env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    assert message in complaint(done)


def test_a_damaged_model_is_not_used(trained, sample, tmp_path):
    (tmp_path / "model.tar.gz").write_bytes((trained / "model.tar.gz").read_bytes()[:-500])
    done = run_model("score", "--model", tmp_path, "--data", sample[0], "--out", tmp_path / "o.csv")
    assert "the artefact" in complaint(done)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("simulate",),
        ("simulate", "--out", "x", "--rows", "-5"),
        ("simulate", "--out", "x", "--start", "soon"),
    ],
)
def test_wrong_usage_exits_with_2_and_shows_the_usage(tmp_path, arguments):
    done = run_model(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m model")
