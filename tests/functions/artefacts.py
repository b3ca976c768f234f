"""Model artefacts as a training job leaves them, made in a moment: real in form, with a tree that says little."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model import artefact, features
from model.contract import Contract
from model.golden import Golden
from model.schema import load

SHIPPED = {"rows": 9000, "fraud": 90, "from": "2026-08-01T00:00:07Z", "to": "2026-11-16T23:59:12Z"}
HOLD_OUT = {"rows": 2000, "fraud": 21, "from": "2026-10-20T00:00:31Z", "to": "2026-11-16T23:59:12Z"}
EVALUATION: dict[str, Any] = {
    "metrics": {"roc_auc": 0.97, "average_precision": 0.6, "at_review_threshold": {"recall": 0.71}},
    "data": {"shipped": SHIPPED, "parts": {"hold_out": HOLD_OUT}},
    "ranking": {"roc_auc_interval": {"low": 0.95, "high": 0.98}},
    "champion": {"compared": False, "reason": "no_champion", "text": "no model was serving when this one was trained"},
}

GUESSING = EVALUATION | {
    "metrics": {"roc_auc": 0.51, "average_precision": 0.01},
    "ranking": {"roc_auc_interval": {"low": 0.43, "high": 0.59}},
}


def contract(model: str, **changes: Any) -> Contract:
    schema = load()
    values: dict[str, Any] = {
        "model": model,
        "schema": schema,
        "features": features.names(schema),
        "review_from": 0.05,
        "block_from": 0.5,
        "score_map": ((0.0, 0), (1.0, 1000)),
    }
    values |= changes
    known = set(features.category_names(values["schema"])) & set(values["features"])
    return Contract(**({"categories": dict.fromkeys(sorted(known), ())} | values))


def trees(of: Contract, feature: str = "hour", limit: float = 12.0, odds: tuple[float, float] = (-4.0, 1.0)) -> bytes:
    """One tree as XGBoost writes it: the log-odds of values below the limit, and of the others or none."""
    tree = {
        "split_type": [0, 0, 0],
        "split_conditions": [limit, *odds],
        "split_indices": [of.features.index(feature) if feature in of.features else 0, 0, 0],
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "default_left": [0, 0, 0],
    }
    learner = {
        "feature_names": list(of.features),
        "learner_model_param": {"base_score": "[5E-1]"},
        "objective": {"name": "binary:logistic"},
        "gradient_booster": {"name": "gbtree", "model": {"trees": [tree]}},
    }
    return json.dumps({"learner": learner}).encode()


def golden(of: Contract) -> Golden:
    """What the tree of `trees` answers before noon and after."""
    rows = tuple(tuple(hour if name == "hour" else None for name in of.features) for hour in (3.0, 21.0))
    return Golden(of.model, of.features, rows, (of.calibrate(-4.0), of.calibrate(1.0)))


def model_tar(model: str, evaluation: dict[str, Any] = EVALUATION, **changes: Any) -> bytes:
    """`changes` are those of its contract."""
    of = contract(model, **changes)
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "model"
        directory.mkdir()
        (directory / artefact.CONTRACT).write_text(of.to_json(), "utf-8")
        (directory / artefact.EVALUATION).write_text(json.dumps(evaluation), "utf-8")
        (directory / artefact.TREES).write_bytes(trees(of))
        (directory / artefact.GOLDEN).write_text(golden(of).to_json(), "utf-8")
        artefact.write_checksums(directory)
        artefact.pack(directory, Path(folder) / "model.tar.gz")
        return (Path(folder) / "model.tar.gz").read_bytes()


def output_tar(history: Mapping[str, bytes] | None = None, **files: bytes) -> bytes:
    """Files by name, with _ for the dot: rejected_csv=b"…"."""
    members = {f"history/{name}": content for name, content in (history or {}).items()}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in ({name.replace("_", "."): content for name, content in files.items()} | members).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def history_of(*parts: bytes) -> dict[str, bytes]:
    """The folder `history/` of a job's output."""
    named = {f"part-{number:05}.jsonl.gz": content for number, content in enumerate(parts)}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in named.items()}
    index = {"plan": contract("any").schema.history_plan.id, "entities": 0, "parts": hashes}
    return named | {"index.json": json.dumps(index).encode()}
