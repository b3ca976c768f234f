"""Made-up data sets of many shapes, and what a proposal says about them."""

import json

import numpy as np
import pandas

from model import schema as schemas
from model.__main__ import main
from model.training.problems import Rejections
from model.training.table import read_files

ROWS = 3000
random = np.random.default_rng(7)


def times(days=90):
    seconds = np.linspace(0, days * 86_400, ROWS).round()
    return pandas.Series(pandas.Timestamp("2026-01-01") + pandas.to_timedelta(seconds, unit="s"))


def frauds():
    return (random.random(ROWS) < 0.1).astype(int)


def payments(**columns):
    """A plain set of payments, with these columns instead or besides; None takes one away."""
    plain = {
        "transaction_id": [f"t{number}" for number in range(ROWS)],
        "timestamp": times().dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "customer_id": [f"c{number}" for number in random.integers(0, 1500, ROWS)],
        "amount": random.lognormal(3, 1, ROWS).round(2),
        "is_fraud": frauds(),
    }
    return pandas.DataFrame({name: values for name, values in (plain | columns).items() if values is not None})


def propose(folder, *frames, code=0, suffix="csv"):
    """Proposes for these data; answers with the text, after training's reader took every row by it."""
    paths = [folder / f"data-{number}.{suffix}" for number in range(len(frames))]
    for data, path in zip(frames, paths, strict=True):
        data.to_parquet(path) if suffix == "parquet" else data.to_csv(path, index=False)
    assert main(["schema", *map(str, paths), "--out", str(folder / "schema.yaml")]) == code
    if code == 0:
        rejected = Rejections()
        read_files(schemas.load(folder / "schema.yaml"), [(path.name, path) for path in paths], rejected)
        assert rejected.rows == []
    return (folder / "schema.yaml").read_text("utf-8")


def train(folder, *data):
    """The evaluation of a training with the proposal in this folder, unedited."""
    command = ["train", "--schema", folder / "schema.yaml", "--data", *data, "--out", folder / "out"]
    assert main([*map(str, command), "--threads", "2"]) == 0
    return json.loads((folder / "out/evaluation.json").read_text())


def roles(text):
    """Of the columns under `fields`."""
    lines = text.partition("\nfields:\n")[2].partition("\n\n")[0].splitlines()
    return {line.strip().split(":")[0]: line.partition("role: ")[2].split(",")[0].split("}")[0] for line in lines}


def line(text, column):
    return next(line for line in text.splitlines() if line.startswith(f"  {column}: {{"))
