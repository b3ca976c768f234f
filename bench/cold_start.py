"""What it costs to start the scoring function on one core, until it could take its first request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.figures import report
from bench.stubs import ENVIRONMENT

ROOT = Path(__file__).parents[1]
STARTS = 7
START = """
import json, os, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
began = time.perf_counter()
from functions.score import handler
imported = time.perf_counter()
handler.aws_ports()
print(json.dumps([imported - began, time.perf_counter() - imported]))
"""


def until_ready() -> None:
    command = [sys.executable, "-c", START]
    environment = os.environ | ENVIRONMENT
    started = [
        json.loads(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
        for _ in range(STARTS)
    ]
    for figure, seconds in zip(("imports", "construction"), zip(*started, strict=True), strict=True):
        report(f"score_function_{figure}", median(seconds) * 1000, "ms", starts=STARTS)
