"""Training on simulated payments: `python -m bench.train --rows 500000`. Reading is compared with pandas."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.figures import report, timed


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.train", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        sample, out = Path(scratch, "sample"), Path(scratch, "trained")
        run("simulate", "--rows", options.rows, "--out", sample)
        files = sorted(sample.iterdir())
        # Before anything large is imported here: a child's peak begins with the memory of its parent.
        peak, seconds = timed(partial(run, "train", "--data", *files, "--out", out))
        report("train_total", options.rows / seconds, "rows/s", rows=options.rows, seconds=round(seconds, 1))
        report("train_peak_memory", peak / 2**20, "MiB", rows=options.rows)
        stages(files)


def run(command: str, *arguments: object) -> int:
    """Runs python -m model; answers its peak memory in bytes."""
    words = [sys.executable, "-m", "model", command, *map(str, arguments)]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"python -m model {command} failed ({child.returncode})")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def stages(files: list[Path]) -> None:
    """The same training once more, step by step in this process."""
    import pandas as pd

    from model import features, schema
    from model.training import fitting, matrix
    from model.training.problems import Rejections
    from model.training.split import split
    from model.training.table import read_files

    rules, threads = schema.load(), os.cpu_count() or 1
    readers: dict[str, Callable[..., pd.DataFrame]] = {
        ".parquet": pd.read_parquet,
        ".csv": pd.read_csv,
        ".gz": pd.read_csv,
    }
    for path in files:
        table, seconds = timed(partial(read_files, rules, [(path.name, path)], Rejections()))
        kind = path.name.partition(".")[2]
        report("read_checked", len(table) / seconds, "rows/s", format=kind, rows=len(table))
        frame, seconds = timed(partial(readers[path.suffix], path))
        report("read_pandas_unchecked", len(frame) / seconds, "rows/s", format=kind, rows=len(frame))

    table = read_files(rules, [(path.name, path) for path in files], Rejections())
    parts = split(rules, table)
    categories = matrix.learn_categories(rules, table, parts.fitting)
    rows, seconds = timed(partial(matrix.matrix, rules, table, categories))
    report("features", len(table) / seconds, "rows/s", rows=len(table), features=rows.shape[1])
    label, moment = table.label[parts.fitting], table.time[parts.fitting]
    lesson = fitting.Lesson(rows[parts.fitting], label, features.names(rules), {})
    fitted, seconds = timed(partial(fitting.fit, lesson, moment, fitting.Options(), threads))
    report("fit", len(label) / seconds, "rows/s", rows=len(label), trees=fitted.rounds, seconds=round(seconds, 1))


if __name__ == "__main__":
    main()
