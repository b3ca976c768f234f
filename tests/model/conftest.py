"""A small simulated world and the model trained on it, shared by all tests of the model."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import hypothesis
import pytest

from model import inference
from model.__main__ import _day
from model.schema import Schema, load
from model.simulation import files, payments

hypothesis.settings.register_profile("model", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("model")

ROOT = Path(__file__).parents[2]


def run_model(*arguments: object, module: str = "model", env: dict[str, str] | None = None, cwd: Path = ROOT):
    """Runs python -m model … as a user does."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=120,
    )


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> list[Path]:
    made = payments.simulate(rows=12_000, days=60, start=_day("2026-03-01"), seed=5)
    return files.write(made, tmp_path_factory.mktemp("sample"), seed=5)


@pytest.fixture(scope="session")
def trained(sample, tmp_path_factory) -> Path:
    """The folder that python -m model train wrote."""
    out = tmp_path_factory.mktemp("trained")
    done = run_model("train", "--data", *sample, "--out", out, "--threads", 1)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def model_dir(trained, tmp_path_factory) -> Path:
    """The artefact unpacked, as the serving container sees it."""
    directory = tmp_path_factory.mktemp("model_dir")
    with tarfile.open(trained / "model.tar.gz") as tar:
        tar.extractall(directory, filter="data")
    return directory


@pytest.fixture(scope="session")
def served(model_dir) -> inference.Model:
    return inference.model_fn(str(model_dir))


@pytest.fixture(scope="session")
def cards() -> Schema:
    """The shipped schema."""
    return load()


def small(**changes: object) -> dict[str, object]:
    """A small schema document to vary."""
    return {
        "name": "small",
        "transaction_id": {"column": "id"},
        "timestamp": {"column": "time"},
        "label": {"column": "fraud"},
        "fields": {
            "amount": {"role": "amount", "required": True, "min": 0, "max": 1000},
            "card": {"role": "entity", "required": True},
            "shop": {"role": "category"},
        },
    } | changes
