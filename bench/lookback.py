"""History features of whole tables, two entities and four windows, beside those that pandas' groupby-rolling can make:
`python -m bench.lookback --rows 10000000 --without-pandas`. One thread; in its processor time."""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.figures import report
from model.schema import Schema
from model.training import lookback
from model.training.table import Table

DAY = 86_400_000_000
SPAN = 180  # days
EVENTS = {"customer_id": 300, "terminal_id": 150}  # of each, in that span
SCHEMA = Schema.from_dict(
    {
        "name": "bench",
        "timestamp": {"column": "time"},
        "label": {"column": "fraud"},
        "label_delay": "7d",
        "fields": {name: {"role": "entity", "required": True} for name in EVENTS}
        | {"amount": {"role": "amount", "required": True}},
        "history": {"windows": ["1h", "1d", "7d", "30d"]},
    }
)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.lookback", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--without-pandas", action="store_true", help="it takes long and much memory")
    options = parser.parse_args(arguments)
    plan = SCHEMA.history_plan
    for rows in (options.rows // 10, options.rows):
        table = simulated(rows)
        seconds = processor_time(partial(lookback.features, plan, table))
        report("history_features", rows / seconds, "rows/s", rows=rows, features=len(plan.names))
    report("history_memory", extra_memory(table) / options.rows, "bytes/row", rows=options.rows)
    ending = processor_time(lambda: sum(1 for _ in lookback.states(plan, table)))
    report("history_states", options.rows / ending, "rows/s", rows=options.rows)
    if not options.without_pandas:
        frame = as_frame(table)
        made: list[pd.Series[float]] = []
        with_pandas = processor_time(lambda: made.extend(rolled(frame)))
        report("history_pandas", options.rows / with_pandas, "rows/s", rows=options.rows, features=len(made))
        report("history_times_pandas", with_pandas / seconds, "times", rows=options.rows)


def processor_time(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def simulated(rows: int) -> Table:
    """Payments of some people at some terminals, one in a hundred a fraud, in the order of time."""
    random = np.random.default_rng(3)
    moment = np.sort(random.integers(17_000 * DAY, (17_000 + SPAN) * DAY, rows))
    values = {name: random.integers(0, -(-rows // each), rows, dtype=np.int32) for name, each in EVENTS.items()}
    return Table(
        files=("bench",),
        file=np.zeros(rows, dtype=np.int32),
        row=np.arange(rows),
        ids=pa.nulls(rows, pa.large_string()),
        time=moment,
        label=(random.random(rows) < 0.01).astype(np.int8),
        known=moment + SCHEMA.history_plan.delay,
        values=values | {"amount": np.round(random.lognormal(3, 1, rows), 2)},
        vocabularies={name: [str(code) for code in range(-(-rows // each))] for name, each in EVENTS.items()},
    )


def extra_memory(table: Table) -> int:
    """The most that was held at one time besides the table, the features themselves included."""
    tracemalloc.start()
    lookback.features(SCHEMA.history_plan, table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def as_frame(table: Table) -> pd.DataFrame:
    frame = pd.DataFrame({name: table.values[name] for name in (*EVENTS, "amount")})
    return frame.assign(fraud=table.label, time=pd.to_datetime(table.time, unit="us")).set_index("time")


def rolled(frame: pd.DataFrame) -> Iterator[pd.Series[float]]:
    """Counts, sums and means of each window, the deviation in the longest, and risk as the difference between what was
    until now and what was during the label's delay."""
    plan = SCHEMA.history_plan
    for name in EVENTS:
        amounts, frauds = (frame.groupby(name)[column] for column in ("amount", "fraud"))
        for window in plan.windows:
            of_window = amounts.rolling(length(window.length), closed="left")
            yield from (of_window.count(), of_window.sum(), of_window.mean())
        yield amounts.rolling(length(plan.longest.length), closed="left").std()
        recent = frauds.rolling(length(plan.delay))
        recent_events, recent_frauds = recent.count(), recent.sum()
        for window in plan.risks:
            of_window = frauds.rolling(length(plan.delay + window.length))
            yield (of_window.sum() - recent_frauds) / (of_window.count() - recent_events)


def length(microseconds: int) -> pd.Timedelta:
    return pd.Timedelta(microseconds=microseconds)


if __name__ == "__main__":
    main()
