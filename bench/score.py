"""Scoring, one transaction at a time: the model's own code and the walk of its trees beside bare XGBoost, the
endpoint's process, the history of one event, the whole function on loopback, then the REST API of a local stack.

`python -m bench.score`. The last part leaves its decisions (ids begin with bench-) in the stack of `make up`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import urllib3

from bench import endpoint, forest, function, history
from bench.figures import latencies, report, report_latencies, timed
from bench.train import run
from local import stack as stacks
from local.stack import Stack
from model import inference
from model.artefact import TREES
from model.contract import Contract
from model.features import compute
from model.field import Field
from model.timestamps import UNITS

CONNECTIONS = 8
ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 10, 5, 3, 12, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.score", description=__doc__)
    parser.add_argument("--rows", type=int, default=40_000, help="transactions to train the model on")
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--walks", type=int, default=1_000_000, help="rows of which the walk is compared with XGBoost")
    parser.add_argument("--stack", type=Path, default=ROOT / ".cache" / "local" / "stack.json")
    options = parser.parse_args(arguments)
    with trained(options.rows) as folder:
        in_process(folder, options.calls, options.walks)
    stack = stacks.read(options.stack)
    if stack is None or not answers(stack):
        print("no local stack runs (make up): the REST API is not measured", file=sys.stderr)
        return
    rest_api(stack, options.calls)


@contextmanager
def trained(rows: int) -> Iterator[Path]:
    """The artefact's members."""
    with tempfile.TemporaryDirectory() as scratch:
        sample, out, unpacked = Path(scratch, "sample"), Path(scratch, "trained"), Path(scratch, "model")
        run("simulate", "--rows", rows, "--out", sample)
        run("train", "--data", *sorted(sample.iterdir()), "--out", out)
        with tarfile.open(out / "model.tar.gz") as tar:
            tar.extractall(unpacked, filter="data")
        yield unpacked


def in_process(folder: Path, calls: int, walks: int) -> None:
    model, trees_json = inference.model_fn(str(folder)), (folder / TREES).read_bytes()
    trees = model.booster.num_boosted_rounds()
    transaction = model.contract.schema.validate(example(model.contract, "bench-1"))
    row = compute(model.contract.schema, transaction)
    encoded = np.array([model.contract.encode(row)], dtype=np.float32)
    bare = latencies(partial(model.booster.inplace_predict, encoded, validate_features=False), calls)
    report_latencies("xgboost_inplace_predict", bare, trees=trees)
    walk = forest.one_row(trees_json, model.contract.encode(row), calls)

    def asked(explain: str) -> str:
        return json.dumps({"features": list(row), "rows": [list(row.values())], "explain": explain})

    for explain, figure in (("none", "transform_fn"), ("all", "transform_fn_with_reasons")):
        taken = latencies(partial(inference.transform_fn, model, asked(explain), "application/json", "*/*"), calls)
        report_latencies(figure, taken, trees=trees)
    requests = {"one_row": asked("none"), "one_row_with_reasons": asked("all")}
    endpoint.one_row(folder, requests, calls, trees)
    history.one_event(model.contract.schema.history_plan, transaction, calls)
    predicted = inference.respond(model, asked("flagged"), "application/json")
    function.whole(model.contract, trees_json, example(model.contract, "bench-1"), predicted, calls)
    forest.many_rows(model, walk, walks)


def rest_api(stack: Stack, calls: int) -> None:
    """Every request scores a transaction of its own, so each is validated, predicted, decided and kept."""
    live = json.loads(stack.client("s3").get_object(Bucket=stack.bucket, Key="config/live.json")["Body"].read())
    contract = stack.client("s3").get_object(Bucket=stack.bucket, Key=live["contract"])["Body"].read()
    body = example(Contract.from_json(contract), "")
    pool = urllib3.HTTPConnectionPool(*_address(stack), maxsize=CONNECTIONS, block=True, retries=False, timeout=60)
    path = urllib3.util.parse_url(f"{stack.api_url}/score").request_uri
    headers = {"content-type": "application/json", "x-api-key": stack.api_key}

    def score(name: str) -> tuple[int, float]:
        request = json.dumps(body | {"transaction_id": name})
        answer, seconds = timed(lambda: pool.request("POST", path, body=request, headers=headers))
        return answer.status, seconds * 1000

    names = [f"bench-{time.time_ns():x}-{number}" for number in range(calls)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(score, [f"{name}-warm" for name in names[:CONNECTIONS]]))
        answered, seconds = timed(lambda: list(threads.map(score, names)))
    failed = sum(status != 200 for status, _ in answered)
    report("rest_api", calls / seconds, "requests/s", connections=CONNECTIONS, calls=calls, failed=failed)
    report_latencies("rest_api", sorted(taken for _, taken in answered), connections=CONNECTIONS)


def example(contract: Contract, transaction_id: str) -> dict[str, Any]:
    """A transaction that the schema allows, whatever the schema is."""
    schema = contract.schema
    fields = {field.name: _value(contract, field) for field in schema.fields if field.role != "ignore"}
    moment = NOW.timestamp() * 1e6 / UNITS[schema.time_unit] if schema.time_unit else NOW.isoformat()
    return {"transaction_id": transaction_id, schema.timestamp: moment} | fields


def _value(contract: Contract, field: Field) -> Any:
    if field.numeric:
        return min(max(field.min, 42.0), field.max)
    known = field.values or contract.categories.get(field.name) or ("x",)
    usual = {"email": "someone@example.com", "ip": "198.51.100.7", "time": NOW.isoformat()}
    return usual.get(field.role, known[0])


def answers(stack: Stack) -> bool:
    headers = {"x-api-key": stack.api_key}
    try:
        return (
            urllib3.request("GET", f"{stack.api_url}/health", headers=headers, timeout=10, retries=False).status == 200
        )
    except urllib3.exceptions.HTTPError:
        return False


def _address(stack: Stack) -> tuple[str, int]:
    url = urllib3.util.parse_url(stack.api_url)
    return str(url.host), int(url.port or 80)


if __name__ == "__main__":
    main()
