"""A trained model read back from its artefact, every byte of it checked."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import xgboost

from model import artefact
from model.artefact import ArtefactError
from model.contract import Contract


def load(model: Path) -> tuple[Contract, Any]:
    """From model.tar.gz or a folder with it, or from an unpacked one."""
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
