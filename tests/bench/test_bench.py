"""The benchmarks run, on sizes too small to mean anything, and print nothing but figures."""

import json
import subprocess
import sys
from typing import Any

import pytest

from model.schema import load
from tests.contract.template import ROOT


def figures(module: str, *arguments: object) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def training() -> list[dict[str, Any]]:
    return figures("bench.train", "--rows", 6000)


@pytest.fixture(scope="module")
def scoring(tmp_path_factory) -> list[dict[str, Any]]:
    nothing = tmp_path_factory.mktemp("home") / "stack.json"
    return figures("bench.score", "--rows", 6000, "--calls", 30, "--walks", 2000, "--stack", nothing)


@pytest.fixture(scope="module")
def history() -> list[dict[str, Any]]:
    return figures("bench.lookback", "--rows", 6000)


def test_every_line_is_a_figure_with_its_unit(training, scoring, history):
    for line in training + scoring + history:
        assert line["figure"]
        assert line["unit"] in ("rows/s", "MiB", "ms", "requests/s", "bytes/row", "times")
        assert line["value"] > 0


def test_reading_is_measured_beside_pandas_in_every_format(training):
    measured = {(line["figure"], line["format"]) for line in training if "format" in line}
    formats = ("csv", "csv.gz", "parquet")
    assert measured == {(figure, kind) for figure in ("read_checked", "read_pandas_unchecked") for kind in formats}


def test_training_is_measured_as_a_whole_and_step_by_step(training):
    assert {"train_total", "train_peak_memory", "features", "fit"} <= {line["figure"] for line in training}


def test_a_row_is_measured_with_and_without_reasons_beside_bare_xgboost(scoring):
    in_process = ("xgboost_inplace_predict", "transform_fn", "transform_fn_with_reasons")
    what = (*in_process, "endpoint_ping", "endpoint_one_row", "endpoint_one_row_with_reasons")
    others = ("history_", "forest_", "score_function_", "bare_botocore_")
    measured = {line["figure"] for line in scoring if not line["figure"].startswith(others)}
    assert measured == {f"{name}_{share}" for name in what for share in ("p50", "p99")}


def test_the_walk_is_measured_beside_it_and_equal_on_every_row(scoring):
    of_the_walk = {line["figure"]: line for line in scoring if line["figure"].startswith("forest_")}
    assert set(of_the_walk) == {"forest_load", "forest_walk_p50", "forest_walk_p99", "forest_walk"}
    assert (of_the_walk["forest_walk"]["rows"], of_the_walk["forest_walk"]["different_from_xgboost"]) == (2000, 0)


def test_the_whole_function_is_measured_beside_a_handler_that_makes_the_same_calls(scoring):
    of_function = {line["figure"]: line for line in scoring if line["figure"].startswith(("score_f", "bare_"))}
    apart, together = ("own_work", "own_work_and_threads", "loopback"), ("times_bare",)
    expected = {f"score_function_{name}_{share}" for name in apart for share in ("p50", "p99")}
    expected |= {f"score_function_{name}" for name in together}
    assert set(of_function) == expected | {"bare_botocore_loopback_p50", "bare_botocore_loopback_p99"}
    calls = 3  # histories and lists, the endpoint, the decision with its history
    assert of_function["score_function_times_bare"]["requests"] == calls


def test_the_history_of_one_event_is_measured_with_every_counter_in_use(scoring):
    of_history = {line["figure"]: line for line in scoring if line["figure"].startswith("history_")}
    what = ("history_read_and_observe", "history_items_and_requests")
    assert set(of_history) == {f"{name}_{share}" for name in what for share in ("p50", "p99")}
    plan = load().history_plan
    fewest = plan.resolution * len(plan.windows)
    assert all(line["entities"] == len(plan.entities) and line["counters"] > fewest for line in of_history.values())


def test_history_is_measured_on_a_few_rows_and_on_many_beside_pandas(history):
    measured = [(line["figure"], line["rows"]) for line in history]
    assert measured == [
        ("history_features", 600),
        ("history_features", 6000),
        ("history_memory", 6000),
        ("history_states", 6000),
        ("history_pandas", 6000),
        ("history_times_pandas", 6000),
    ]
