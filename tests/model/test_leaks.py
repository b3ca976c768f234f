"""What a model must not know: labels that say nothing teach nothing, and a column from the future is pointed out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.schema import Schema
from model.training import job, matrix
from model.training.fitting import Options
from model.training.problems import Rejections
from model.training.report import watch
from model.training.table import read_files
from tests.model.conftest import small

START = pd.Timestamp("2026-03-01", tz="UTC")
SCHEMA = Schema.from_dict(small(label_delay="2d", history={"windows": ["1d", "7d"]}))


def payments(count: int, seed: int = 3) -> pd.DataFrame:
    """Payments of 60 days by 150 cards; three in ten are fraud, of whom and how much nothing tells."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": [f"tx-{number}" for number in range(count)],
            "time": START + pd.to_timedelta(np.sort(random.uniform(0, 60, count)), unit="D"),
            "amount": np.clip(random.lognormal(3, 0.6, count), 0, 1000).round(2),
            "card": random.integers(0, 150, count).astype(str),
            "shop": random.choice(["baker", "bookshop", "jeweller"], count),
            "fraud": (random.random(count) < 0.3).astype(int),
        }
    )


def train(data: pd.DataFrame, out: Path, schema: Schema = SCHEMA) -> dict:
    out.mkdir(parents=True, exist_ok=True)
    data.to_parquet(out / "data.parquet", index=False)
    files = [("data.parquet", out / "data.parquet")]
    return job.run(job.Job(schema, files, out / "model", out, 1, Options(), "fraud-1", lambda line: None))


def test_shuffled_labels_teach_nothing(tmp_path):
    """Not through the risk of entities either, which is made of labels."""
    found = train(payments(30_000), tmp_path)
    assert found["ranking"]["roc_auc"] == pytest.approx(0.5, abs=0.02)
    assert found["baseline"]["roc_auc"] == pytest.approx(0.5, abs=0.02)
    assert found["calibration"]["mean_probability"] == pytest.approx(found["calibration"]["fraud_rate"], rel=0.1)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A column that is filled in once the fraud is known, for nine frauds of ten."""
    data = payments(4000)
    late = data["fraud"].eq(1) & (np.random.default_rng(9).random(4000) < 0.98)
    data["refund"] = np.where(late, data["amount"], np.nan)
    fields = small()["fields"] | {"refund": {"role": "number"}}
    schema = Schema.from_dict(small(label_delay="2d", fields=fields, history={"windows": ["1d"]}))
    return train(data, tmp_path_factory.mktemp("copied"), schema)


def test_a_column_that_copies_the_future_is_pointed_out(copied):
    assert copied["alone"]["refund"] > 0.98
    assert any("refund" in warning for warning in watch.warnings(copied))


def test_honest_columns_are_not_accused(copied):
    assert not any("shop" in warning or "card" in warning for warning in watch.warnings(copied))


def known(data: pd.DataFrame, days: float, folder: Path) -> np.ndarray:
    """The features of all rows if the label of tx-500 became known so many days after the event."""
    schema = replace(SCHEMA, label=replace(SCHEMA.label, known_at="known"))
    data = data.assign(fraud=0, known=None)
    data.loc[500, "fraud"] = 1
    data.loc[500, "known"] = (data["time"][500] + pd.Timedelta(days=days)).isoformat()
    path = folder / f"{days}.csv"
    data.assign(time=data["time"].map(lambda moment: moment.isoformat())).to_csv(path, index=False)
    table = read_files(schema, [(path.name, path)], Rejections())
    return matrix.matrix(schema, table, {"shop": ("baker", "bookshop")})


def test_a_label_that_is_known_later_changes_no_earlier_score(tmp_path):
    data = payments(3000)
    data["card"] = (np.arange(3000) % 5).astype(str)
    early, late = (known(data, days, tmp_path) for days in (3, 6))
    differ = np.flatnonzero(~((early == late) | (np.isnan(early) & np.isnan(late))).all(axis=1))
    moment = data["time"][500]
    assert len(differ) > 0
    assert data["time"][differ].min() >= moment + pd.Timedelta(days=3)
    assert data["time"][differ].max() < moment + pd.Timedelta(days=10)
    never = known(data, 400, tmp_path)
    before = (data["time"] < moment + pd.Timedelta(days=3)).to_numpy()
    assert np.array_equal(never[before], early[before], equal_nan=True)


def test_rows_without_a_label_are_history_and_nothing_else(tmp_path):
    """They are counted by the features of later rows, and whatever they are, the model is fitted on as many rows."""
    data = payments(3000)
    fraud = data["fraud"].astype("Int8")
    fraud[::3] = pd.NA
    found = train(data.assign(fraud=fraud), tmp_path)
    assert found["data"]["rows"]["unlabelled"] == 1000
    assert sum(part["rows"] for part in found["data"]["parts"].values()) == 2000
    without = train(data[fraud.notna()], tmp_path / "without")
    assert json.dumps(found["influence"]) != json.dumps(without["influence"])
