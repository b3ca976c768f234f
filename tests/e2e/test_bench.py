"""The benchmark of the REST API, against the stack and with few requests."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from .conftest import ROOT
from .stack import Stack


def test_the_benchmark_scores_over_its_connections_and_nothing_fails(stack: Stack, tmp_path: Path) -> None:
    noted = tmp_path / "stack.json"
    noted.write_text(json.dumps(asdict(stack)))
    few = ["--rows", "2000", "--calls", "30", "--walks", "500"]
    command = [sys.executable, "-m", "bench.score", *few, "--stack", str(noted)]
    ran = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=400, check=False)
    assert ran.returncode == 0, ran.stderr
    figures = {line["figure"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert figures["rest_api"]["failed"] == 0
    assert figures["rest_api_p50"]["value"] <= figures["rest_api_p99"]["value"]
