"""evaluation.json of a real training: complete, explained, small and the same every time."""

import json

import pytest

from tests.model.conftest import ROOT, run_model


@pytest.fixture(scope="module")
def evaluation(trained):
    return json.loads((trained / "evaluation.json").read_text())


def test_every_key_is_explained(evaluation):
    explained = (ROOT / "docs/evaluation.md").read_text()
    for key, value in evaluation.items():
        assert f"`{key}`" in explained or f"`{key}." in explained, key
        if key in ("data", "ranking", "at_thresholds", "daily", "calibration", "champion", "curves"):
            for inner in value:
                assert f"`{inner}`" in explained or f"`{key}.{inner}`" in explained, f"{key}.{inner}"
    for part in (*evaluation["segments"], *evaluation["daily"]["by_day"], *evaluation["calibration"]["bins"]):
        assert all(f"`{key}`" in explained or key == "day" for key in part)


def test_the_figures_that_appear_twice_agree(evaluation):
    metrics, ranking = evaluation["metrics"], evaluation["ranking"]
    assert ranking["roc_auc"] == metrics["roc_auc"]
    assert ranking["average_precision"] == metrics["average_precision"]
    review = evaluation["at_thresholds"]["review"]
    assert review["confusion_matrix"] == metrics["at_review_threshold"]["confusion_matrix"]
    held_out = evaluation["data"]["parts"]["hold_out"]
    assert sum(day["rows"] for day in evaluation["daily"]["by_day"]) == held_out["rows"]
    assert sum(bin_["fraud"] for bin_ in evaluation["calibration"]["bins"]) == held_out["fraud"]
    for field in {part["field"] for part in evaluation["segments"]}:
        assert sum(part["rows"] for part in evaluation["segments"] if part["field"] == field) == held_out["rows"]


def test_it_is_strict_json_and_small(trained):
    text = (trained / "evaluation.json").read_text()
    json.loads(text, parse_constant=pytest.fail)
    assert len(text) < 200_000


def test_the_same_files_give_the_same_bytes(trained, sample, tmp_path):
    done = run_model("train", "--data", *sample, "--out", tmp_path, "--threads", 1)
    assert done.returncode == 0, done.stderr
    for name in ("evaluation.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()
