"""A new model against the one that serves: the same transactions, each by its own features, or why there is none."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from model import artefact
from model import train as train_py
from model.schema import Schema
from model.training import champion, fitting, job, loading
from model.training.report import watch
from tests.model.conftest import ROOT, run_model, small

OPTIONS = fitting.Options(num_round=20, refit=0)  # the hold-out begins where the champion stopped learning
START = pd.Timestamp("2026-03-01", tz="UTC")


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """2,400 payments of 60 days, 12 % of them fraud: larger, and mostly in one shop."""
    rng = np.random.default_rng(4)
    count = 2400
    fraud = rng.random(count) < 0.12
    return pd.DataFrame(
        {
            "id": [f"tx-{number}" for number in range(count)],
            "time": START + pd.to_timedelta(np.sort(rng.uniform(0, 60, count)), unit="D").round("ms"),
            "amount": np.clip(rng.lognormal(3 + fraud, 0.6), 0, 1000).round(2),
            "card": rng.integers(0, 80, count).astype(str),
            "shop": np.where(fraud & (rng.random(count) < 0.6), "jeweller", rng.choice(["baker", "bookshop"], count)),
            "fraud": fraud.astype(int),
        }
    )


def train(data: pd.DataFrame, out: Path, against: Path | None = None, options=OPTIONS, **changes) -> dict:
    """The evaluation of a model trained in this process; its folder gets model.tar.gz as the channel would have it."""
    out.mkdir(parents=True, exist_ok=True)
    data.to_parquet(out / "data.parquet", index=False)
    asked = Schema.from_dict(small(label_delay="2d", history={"windows": ["1d", "7d"]}) | changes)
    files = [("data.parquet", out / "data.parquet")]
    found = job.run(job.Job(asked, files, out / "model", out, 1, options, out.name, lambda line: None, against))
    artefact.pack(out / "model", out / "model.tar.gz")
    return found


@pytest.fixture(scope="module")
def serving(rows, tmp_path_factory) -> Path:
    """A model of the first 45 of 60 days."""
    out = tmp_path_factory.mktemp("runs") / "fraud-old"
    train(rows[rows["time"] < START + pd.Timedelta(days=45)], out)
    return out


@pytest.fixture(scope="module")
def compared(rows, serving, tmp_path_factory) -> tuple[dict, Path]:
    out = tmp_path_factory.mktemp("runs") / "fraud-new"
    return train(rows, out, serving)["champion"], out


def test_without_a_champion_it_says_so(tmp_path, rows):
    assert train(rows, tmp_path)["champion"] == {
        "compared": False,
        "reason": "no_champion",
        "text": "no model was serving when this one was trained",
    }


def test_both_are_judged_on_the_rows_that_the_champion_has_not_learned_from(compared, serving, rows):
    found, out = compared
    assert found["compared"] and found["model"] == "fraud-old"
    contract, _ = loading.load(serving)
    assert found["trained_until"] == contract.trained_until < found["from"]
    held_out = json.loads((out / "evaluation.json").read_text())["data"]["parts"]["hold_out"]
    later = rows[(rows["time"] > contract.trained_until) & (rows["time"] >= held_out["from"])]
    later = later[later["time"] <= found["to"]]  # the labels of the last two days are not settled
    assert found["to"].startswith(held_out["to"].removesuffix("Z"))
    assert (found["rows"], found["fraud"]) == (len(later), int(later["fraud"].sum()))


def test_the_champions_figures_are_those_of_scoring_the_files_with_it(compared, serving, rows, tmp_path):
    found, out = compared
    done = run_model("score", "--model", serving, "--data", out / "data.parquet", "--out", tmp_path / "scores.csv")
    assert done.returncode == 0, done.stderr
    scores = pd.read_csv(tmp_path / "scores.csv").merge(rows, left_on="transaction_id", right_on="id")
    scores = scores[(scores["time"] >= found["from"]) & (scores["time"] <= found["to"])]
    label, probability = scores["fraud"], scores["fraud_probability"]
    assert found["champion"]["roc_auc"] == pytest.approx(metrics.roc_auc_score(label, probability), abs=2e-6)
    expected = metrics.average_precision_score(label, probability)
    assert found["champion"]["average_precision"] == pytest.approx(expected, abs=2e-6)
    review = found["champion"]["at_thresholds"]["review"]
    assert review["confusion_matrix"]["fraud_flagged"] == int(label[scores["outcome"] != "approve"].sum())


def test_the_difference_is_the_new_models_less_the_olds_with_an_interval(compared):
    found, _ = compared
    for figure, difference in found["difference"].items():
        assert difference["value"] == pytest.approx(found["challenger"][figure] - found["champion"][figure], abs=2e-6)
        assert difference["low"] <= difference["value"] <= difference["high"]


def test_a_model_against_itself_differs_in_nothing(serving, tmp_path, rows):
    """The same data again: what serves has learned from none of the hold-out and says the same of it."""
    data = pd.read_parquet(serving / "data.parquet")
    found = train(data, tmp_path, serving)["champion"]
    assert found["compared"]
    assert found["champion"] == found["challenger"]
    for difference in found["difference"].values():
        assert (difference["value"], difference["low"], difference["high"]) == (0, 0, 0)


def test_against_a_champion_that_knows_newer_frauds_the_new_model_may_learn_from_them_too(rows, tmp_path):
    """What ships has learned from its hold-out in the end: without this every new model would start weeks behind."""
    options = replace(OPTIONS, refit=1)
    train(rows[rows["time"] < START + pd.Timedelta(days=50)], tmp_path / "fraud-old", options=options)
    evaluation = train(rows, tmp_path / "fraud-new", tmp_path / "fraud-old", options=options)
    found, parts = evaluation["champion"], evaluation["data"]["parts"]
    assert found["compared"]
    assert found["challenger_trained_until"] == found["trained_until"] > parts["hold_out"]["from"]
    assert found["rows"] < parts["hold_out"]["rows"]
    for difference in found["difference"].values():  # the same recipe on the same rows
        assert difference["low"] <= 0 <= difference["high"]


def test_every_key_of_the_comparison_is_explained(compared):
    explained = (ROOT / "docs/evaluation.md").read_text()
    for key, value in compared[0].items():
        assert f"`champion.{key}`" in explained, key
        if key in ("champion", "challenger"):
            assert {"ranking", "at_thresholds"} <= set(re.findall(r"`(\w+)`", explained))
            assert all(f"`{inner}`" in explained or f"`ranking.{inner}`" in explained for inner in value)
    for reason in re.findall(r'NoComparisonError\(\s*"(\w+)"', Path(champion.__file__).read_text()):
        assert f"`{reason}`" in explained, reason


def test_both_are_billed_by_the_new_schemas_prices(compared, rows, serving, tmp_path):
    evaluation = train(rows, tmp_path, serving, costs={"review": 4, "good_customer_blocked": 30})
    bill, found = evaluation["costs"], evaluation["champion"]
    assert bill["at_thresholds"]["total"] == min(bill[name]["total"] for name in bill if name != "prices")
    assert found["challenger"]["costs"] == bill["at_thresholds"]  # every row of the hold-out is later than the champion
    assert found["champion"]["costs"]["total"] > bill["at_thresholds"]["total"]
    assert found["champion"]["at_thresholds"] == compared[0]["champion"]["at_thresholds"]  # its own, set by shares
    explained = (ROOT / "docs/evaluation.md").read_text()
    assert all(f"`costs.{key}`" in explained for key in bill)
    assert all(f"`{part}`" in explained for part in bill["at_thresholds"])


def test_another_schema_is_read_again_for_the_champion(compared, rows, serving, tmp_path):
    """The new model's schema drops a field and has another window; the old one's figures stay as they were."""
    fields = small()["fields"] | {"shop": {"role": "ignore"}}
    found = train(rows, tmp_path, serving, fields=fields, history={"windows": ["30d"]})["champion"]
    assert found["compared"]
    assert found["champion"] == compared[0]["champion"]
    assert found["challenger"]["roc_auc"] < compared[0]["challenger"]["roc_auc"]


def test_a_row_that_only_the_champion_refuses_is_left_out_for_both(compared, rows, serving, tmp_path):
    """The new schema allows amounts that the old one did not; ids are what tells which row is which."""
    changed = rows.copy()
    changed.loc[changed.index[-207:-200], "amount"] = 5000.0
    fields = small()["fields"] | {"amount": {"role": "amount"}}
    found = train(changed, tmp_path, serving, fields=fields)["champion"]
    assert found["compared"]
    assert found["rows"] == compared[0]["rows"] - 7


def test_a_column_that_the_champion_needs_and_the_files_lack_is_named(rows, serving, tmp_path):
    fields = {name: rules for name, rules in small()["fields"].items() if name != "card"}
    found = train(rows.drop(columns="card"), tmp_path, serving, fields=fields)["champion"]
    assert (found["compared"], found["reason"]) == (False, "other_columns")
    assert "fraud-old" in found["text"] and "'card'" in found["text"]


def test_with_too_few_later_frauds_there_is_no_comparison(rows, tmp_path):
    train(rows, tmp_path / "same")
    contract_file = tmp_path / "same/model/contract.json"
    document = json.loads(contract_file.read_text())
    document["trained_until"] = "2026-04-28T12:00:00+00:00"
    contract_file.write_text(json.dumps(document))
    artefact.write_checksums(tmp_path / "same/model")
    artefact.pack(tmp_path / "same/model", tmp_path / "same/model.tar.gz")
    found = train(rows, tmp_path / "new", tmp_path / "same")["champion"]
    assert (found["compared"], found["reason"]) == (False, "too_few_rows")
    assert "2026-04-28" in found["text"]


def test_the_training_job_finds_its_champion_in_the_channel(serving, rows, tmp_path, monkeypatch, capsys):
    channels = {name: tmp_path / name for name in ("train", "run", "champion")}
    for directory in channels.values():
        directory.mkdir()
    rows.to_parquet(channels["train"] / "payments.parquet", index=False)
    (channels["run"] / "schema.yaml").write_text(json.dumps(small(label_delay="2d")))
    shutil.copy(serving / "model.tar.gz", channels["champion"])
    for name, directory in channels.items():
        monkeypatch.setenv(f"SM_CHANNEL_{name.upper()}", str(directory))
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "model"))
    monkeypatch.setenv("SM_OUTPUT_DATA_DIR", str(tmp_path / "output"))
    monkeypatch.setenv("TRAINING_JOB_NAME", "fraud-new")
    assert train_py.main(["--num_round", "20"]) == 0, capsys.readouterr().err
    found = json.loads((tmp_path / "output/evaluation.json").read_text())["champion"]
    assert found["compared"] and found["model"] == "fraud-old"


def test_a_damaged_artefact_is_no_reason_to_fail(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(b"not an archive")
    found = champion.judge_champion(tmp_path, challenger(Schema.from_dict(small())))
    assert (found["compared"], found["reason"]) == (False, "unusable")


def test_a_model_from_before_contracts_told_their_period_is_not_compared(serving):
    contract, _ = loading.load(serving)
    with pytest.raises(champion.NoComparisonError, match="too old to say until when it was trained"):
        champion._until(replace(contract, trained_until=""))


def test_a_model_with_features_of_another_version_is_not_compared(serving):
    contract, _ = loading.load(serving)
    renamed = replace(contract, features=("renamed", *contract.features[1:]))
    with pytest.raises(champion.NoComparisonError, match="features that are not made any more: renamed"):
        champion._its_rows(renamed, challenger(contract.schema), np.array([], dtype=int))


def challenger(of: Schema) -> champion.Challenger:
    nothing = np.array([], dtype=int)
    return champion.Challenger(of, [], None, nothing, nothing, nothing, None, 0, lambda until: nothing)


def test_a_column_that_knows_the_future_is_pointed_out(rows, tmp_path):
    """Filled in once a fraud is known, mostly: no other feature tells as much, and the report says so."""
    known = rows["fraud"].where(np.random.default_rng(8).random(len(rows)) < 0.99, 1 - rows["fraud"])
    fields = small()["fields"] | {"chargebacks": {"role": "number"}}
    found = train(rows.assign(chargebacks=known), tmp_path, fields=fields)
    assert any("chargebacks by itself tells fraud" in warning for warning in watch.warnings(found))
    honest = train(rows, tmp_path / "honest")
    assert not any("by itself" in warning for warning in watch.warnings(honest))
