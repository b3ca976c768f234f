"""What `python -m model train` and `score` do, beyond reading their arguments."""

from __future__ import annotations

import csv
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import xgboost

from model import artefact, schema as schemas
from model.artefact import ArtefactError
from model.contract import Contract
from model.training import fitting, job, matrix
from model.training.problems import Rejections, TrainingError
from model.training.table import Table, read_files

BLOCK_ROWS = 100_000
COLUMNS = ("transaction_id", "fraud_probability", "score", "outcome")


def train(schema: Path | None, data: list[Path], out: Path, threads: int) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        model_dir = Path(scratch) / "model"
        asked = job.Job(schemas.load(schema or schemas.PACKAGED), _named(data), model_dir, out, threads)
        result = job.run(asked)
        artefact.pack(model_dir, out / "model.tar.gz")
    print(out / "model.tar.gz")
    return result


def score(model: Path, data: list[Path], out: Path, threads: int) -> None:
    """Rows that break the schema get no score: they are set aside beside the output, and stderr says how many."""
    contract, booster = _load(model)
    booster.set_param({"nthread": threads})
    rejected = Rejections()
    table = read_files(contract.schema, _named(data), rejected, labelled=False)
    rejected.enforce(contract.schema.rejected_rows_limit, len(table) + len(rejected.rows))
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for first in range(0, len(table), BLOCK_ROWS):
            writer.writerows(_scored(contract, booster, table, first))
    if rejected.rows:
        aside = out.with_suffix(".rejected.csv")
        rejected.write(aside)
        print(f"{len(rejected.rows)} unusable rows were set aside in {aside}; first: {rejected.rows[0]}", file=sys.stderr)


def _scored(contract: Contract, booster: Any, table: Table, first: int) -> list[tuple[str, str, int, str]]:
    import numpy as np

    block = table.take(np.arange(first, min(first + BLOCK_ROWS, len(table))))
    probabilities = fitting.predict(booster, matrix.matrix(contract.schema, block, contract.categories)).tolist()
    return [
        (name, f"{probability:.9g}", contract.probability_to_score(probability), contract.outcome(probability))
        for name, probability in zip(block.ids.to_pylist(), probabilities, strict=True)
    ]


def _load(model: Path) -> tuple[Contract, Any]:
    """From a folder with model.tar.gz, or an unpacked one; checked either way."""
    packed = model / "model.tar.gz" if model.is_dir() else model
    if packed.is_file():
        contract = artefact.verify(packed).contract
        with tarfile.open(packed) as tar:
            member = next(member for member in tar if Path(member.name) == Path(artefact.TREES))
            extracted = tar.extractfile(member)
            trees = extracted.read() if extracted else b""
    elif (model / artefact.CHECKSUMS).is_file():
        contract = artefact.verify_directory(model).contract
        trees = (model / artefact.TREES).read_bytes()
    else:
        raise ArtefactError(f"{model}: has neither model.tar.gz nor an unpacked model")
    booster = xgboost.Booster()
    booster.load_model(bytearray(trees))
    return contract, booster


def _named(data: list[Path]) -> list[tuple[str, Path]]:
    for path in data:
        if not path.is_file():
            raise TrainingError(f"{path}: is not a file")
    return [(str(path), path) for path in data]
