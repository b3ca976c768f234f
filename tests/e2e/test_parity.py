"""What is scored one by one through the REST API gets the probability that the command line gives it with a history."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests

from model import history
from model.contract import Contract
from model.schema import Schema

from .conftest import ROOT, fresh_stack, in_time_order, neighbour, training_files
from .replay import states
from .stack import Stack

AMONG = 4000  # of the latest rows: some weeks, so that labels fall due on the way
CLOSE = 1e-6


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One of its own: what other tests score is in the history of its entities."""
    with neighbour(), fresh_stack("parity") as made:
        yield made


@pytest.fixture(scope="module")
def schema(stack: Stack) -> Schema:
    return Contract.from_json(stack.read_object(f"runs/{stack.live()['model']}/contract.json")).schema


@pytest.fixture(scope="module")
def files(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return training_files(stack, tmp_path_factory.mktemp("trained-on"))


@pytest.fixture(scope="module")
def trained_on(files: list[Path]) -> pd.DataFrame:
    return in_time_order(files)


@pytest.fixture(scope="module")
def to_come(stack: Stack, schema: Schema, trained_on: pd.DataFrame) -> list[dict[str, Any]]:
    """The latest transactions again, after all that was trained on, of entities that no other test has scored."""
    end, latest = trained_on["timestamp"].max(), trained_on.tail(AMONG)
    days = (end - latest["timestamp"].min()).days + 1
    latest = latest.assign(timestamp=(latest["timestamp"] + pd.Timedelta(days=days)).map(pd.Timestamp.isoformat))
    mark = os.urandom(3).hex()
    rows = [
        {name: value for name, value in row.items() if not pd.isna(value)}
        | {"transaction_id": f"parity-{mark}-{place}"}
        for place, row in enumerate(latest.to_dict("records"))
    ]
    known: dict[str, bool] = {}

    def untouched(row: dict[str, Any]) -> bool:
        payload = {name: value for name, value in row.items() if name != "is_fraud"}
        keys = set(history.keys(schema.history_plan, schema.validate(payload)).values())
        for key, state in states(stack, keys - known.keys()).items():
            known[key] = state.get("last", 0) <= end.timestamp() * 1e6
        return all(known[key] for key in keys)

    some = [row for place, row in enumerate(rows) if place % 10 == 0 or is_fraud(row)]
    found = [row for row in some if untouched(row)]
    assert len(found) >= 100, "too much of the sample was scored by other tests"
    return found


def is_fraud(row: dict[str, Any]) -> bool:
    return str(row.get("is_fraud")).lower() in ("1", "1.0", "true", "fraud")


def on_the_command_line(stack: Stack, files: list[Path], rows: list[dict[str, Any]], folder: Path) -> dict[str, float]:
    (folder / "model.tar.gz").write_bytes(stack.read_object(f"runs/{stack.live()['model']}/output/model.tar.gz"))
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    options = ["--model", folder, "--data", folder / "rows.csv", "--out", folder / "scores.csv", "--history", *files]
    command = [sys.executable, "-m", "model", "score", *map(str, options)]
    ran = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=400)
    assert ran.returncode == 0, ran.stderr
    with (folder / "scores.csv").open() as scores:
        return {line["transaction_id"]: float(line["fraud_probability"]) for line in csv.DictReader(scores)}


def over_the_api(stack: Stack, schema: Schema, rows: list[dict[str, Any]]) -> dict[str, float]:
    """In the order of time; the label of a fraud is posted as soon as it is due."""
    found, due, posted = {}, [], 0
    with requests.Session() as session:
        session.headers["x-api-key"] = stack.api_key
        for row in rows:
            now = datetime.fromisoformat(row["timestamp"])
            while due and due[0][0] <= now:
                label = {"transaction_id": due.pop(0)[1], "label": "fraud"}
                told = session.post(f"{stack.api_url}/labels", json=label, timeout=30)
                assert told.status_code == 200, told.text
                posted += 1
            payload = {name: value for name, value in row.items() if name != "is_fraud"}
            answer = session.post(f"{stack.api_url}/score", json=payload, timeout=30)
            assert answer.status_code == 200, answer.text
            found[row["transaction_id"]] = answer.json()["fraud_probability"]
            if is_fraud(row):
                due.append((now + schema.label_delay, row["transaction_id"]))
    assert posted >= 5
    return found


def test_every_probability_is_the_same(
    stack: Stack, schema: Schema, files: list[Path], to_come: list[dict[str, Any]], tmp_path: Path
) -> None:
    expected = on_the_command_line(stack, files, to_come, tmp_path)
    scored = over_the_api(stack, schema, to_come)
    assert scored.keys() == expected.keys()
    apart = {name: (scored[name], expected[name]) for name in scored if abs(scored[name] - expected[name]) > CLOSE}
    assert not apart, f"{len(apart)} of {len(scored)} differ: {list(apart.items())[:5]}"
