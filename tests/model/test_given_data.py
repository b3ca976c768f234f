"""Well-known public data of real size, where it lies beside the project; skipped where it does not."""

import json
import os
import subprocess
import sys

import pytest

from tests.model.conftest import ROOT

DATA = ROOT.parent / "shared/data"
SIX_GIB = 6 * 2**30


@pytest.mark.parametrize(
    ("schema", "file", "rows", "auc"),
    [
        ("handbook", "handbook_transactions.parquet", 1_504_628, 0.60),
        ("sparkov", "sparkov_60_cards.parquet", 122_916, 0.95),
        ("aws_registrations", "aws_registration_20k.csv.gz", 20_000, 0.85),
    ],
)
def test_the_documented_schemas_train_on_their_data(tmp_path, schema, file, rows, auc):
    if not (DATA / file).exists():
        pytest.skip(f"needs {DATA / file}")
    command = [sys.executable, "-m", "model", "train", "--schema", ROOT / f"docs/schemas/{schema}.yaml"]
    process = subprocess.Popen([*command, "--data", DATA / file, "--out", tmp_path], cwd=ROOT, stderr=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, process.stderr.read()
    assert used.ru_maxrss * 1024 < SIX_GIB
    evaluation = json.loads((tmp_path / "evaluation.json").read_text())
    assert evaluation["data"]["rows"]["used"] == rows
    assert evaluation["metrics"]["roc_auc"] > auc
