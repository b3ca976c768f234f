"""Writes what a training leaves behind: the model directory, checksums last, and the outputs people read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model import artefact
from model.contract import Contract
from model.golden import Golden
from model.training import report

PACKAGE = Path(__file__).parent.parent
NOT_SERVED = ("train.py", "__main__.py")

# AWS's serving container installs code/ with pip and imports the module `inference`. Its own generated setup.py would
# leave out the package, hence ours.
SETUP = '''"""Lets the serving container install the model's code; nothing is downloaded."""

from setuptools import setup

setup(name="fraud-model", version="1.0.0", py_modules=["inference"], packages=["model"])
'''
SHIM = '''"""Where the serving container looks for the model's code."""

from model.inference import model_fn, transform_fn

__all__ = ["model_fn", "transform_fn"]
'''


def write_model(directory: Path, booster: Any, contract: Contract, evaluation: dict[str, Any], golden: Golden) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    booster.save_model(directory / artefact.TREES)
    (directory / artefact.CONTRACT).write_text(contract.to_json(), "utf-8")
    (directory / artefact.EVALUATION).write_text(_json(evaluation), "utf-8")
    (directory / artefact.GOLDEN).write_text(golden.to_json(), "utf-8")
    code = directory / "code" / "model"
    code.mkdir(parents=True, exist_ok=True)
    (code.parent / "setup.py").write_text(SETUP, "utf-8")
    (code.parent / "inference.py").write_text(SHIM, "utf-8")
    for source in PACKAGE.glob("*.py"):
        if source.name not in NOT_SERVED:
            (code / source.name).write_bytes(source.read_bytes())
    artefact.write_checksums(directory)


def write_outputs(directory: Path, evaluation: dict[str, Any]) -> None:
    (directory / artefact.EVALUATION).write_text(_json(evaluation), "utf-8")
    (directory / "report.html").write_text(report.render(evaluation), "utf-8")


def sources() -> list[Path]:
    """All code that decides what a model becomes."""
    return sorted(PACKAGE.rglob("*.py"))


def _json(evaluation: dict[str, Any]) -> str:
    return json.dumps(evaluation, indent=1, ensure_ascii=False) + "\n"
