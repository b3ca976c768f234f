"""The scoring function, warm, in three ways: with neighbours that answer at once, which leaves the work that is ours;
with neighbours behind sockets; and beside a bare botocore handler that asks these the same."""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.session import get_session

from bench import neighbours
from bench.figures import latencies, report, report_latencies
from functions.aws import clients
from functions.score import handler
from functions.score.decisions import Decisions
from functions.score.entities import Entities
from functions.score.lists import Lists
from functions.score.rules import RulesInForce
from functions.score.ruling import Ruling
from functions.score.scoring import Scoring
from model.artefact import CONTRACT, TREES

ROOT = Path(__file__).parents[1]
SETTINGS = {
    "BUCKET": "bench",
    "DECISIONS_TABLE": "decisions",
    "HISTORY_TABLE": "history",
    "LISTS_TABLE": "lists",
    "RETENTION_DAYS": "180",
    "SCORE_BUDGET_MS": "5000",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_SERVICE_NAME": "score",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
CONTEXT: Any = SimpleNamespace(
    function_name="score",
    function_version="1",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:score",
    aws_request_id="bench",
    get_remaining_time_in_millis=lambda: 28_000,
)


@dataclass
class AtOnce:
    """DynamoDB and the endpoint without a network; remembers what it was asked."""

    prediction: bytes
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def _answer(self, operation: str, answer: dict[str, Any], **request: Any) -> dict[str, Any]:
        self.asked.append((operation, request))
        return answer

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("get_item", {}, **request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("batch_get_item", {"Responses": {}, "UnprocessedKeys": {}}, **request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        return self._answer("transact_write_items", {}, **request)

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        return self._answer("invoke_endpoint", {"Body": io.BytesIO(self.prediction)}, **request)


def measure(model: Path, payload: dict[str, Any], prediction: bytes, calls: int) -> None:
    """`model` is the unpacked artefact, `prediction` what its container answers to the payload."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        neighbours.running(bucket(model, prediction, Path(scratch))) as address,
        patch.dict(os.environ, SETTINGS | {"AWS_ENDPOINT_URL": address}),
    ):
        at_once = AtOnce(prediction)
        handler.aws_ports.cache_clear()
        over_sockets = handler.aws_ports()
        caller = partial(call, events(payload))
        ours = latencies_of(partial(caller, without_network(over_sockets, at_once)), calls)
        report_latencies("function_own_work", ours)
        whole = latencies_of(partial(caller, over_sockets), calls)
        report_latencies("function_loopback", whole)
        requests = one_round(at_once)
        bare = latencies_of(Bare(requests), calls)
        report_latencies("bare_botocore_loopback", bare, requests=len(requests))
        report("function_to_bare", whole[len(whole) // 2] / bare[len(bare) // 2], "ratio of p50")


def bucket(model: Path, prediction: bytes, folder: Path) -> Path:
    name = json.loads((model / CONTRACT).read_text())["model"]
    run = folder / "runs" / name
    run.mkdir(parents=True)
    (folder / "config").mkdir()
    (run / "contract.json").write_bytes((model / CONTRACT).read_bytes())
    (run / "trees.json.gz").write_bytes(gzip.compress((model / TREES).read_bytes()))
    live = {"model": name, "endpoint": "fraud-endpoint", "since": "2026-11-23T15:00:00+00:00"}
    (folder / "config" / "live.json").write_text(json.dumps(live))
    (folder / neighbours.PREDICTION).write_bytes(prediction)
    return folder


def without_network(scoring: Scoring, at_once: Any) -> Scoring:
    judging = scoring.judging
    decisions = Decisions(at_once, SETTINGS["DECISIONS_TABLE"])
    lists = Lists(at_once, SETTINGS["LISTS_TABLE"], scoring.now, scoring.logger)
    rules = RulesInForce(clients.scoring_s3(), SETTINGS["BUCKET"], scoring.live._clock, scoring.logger)
    return replace(
        scoring,
        judging=replace(judging, endpoint=replace(judging.endpoint, runtime=at_once)),
        entities=Entities(at_once, SETTINGS["HISTORY_TABLE"], scoring.logger),
        decisions=decisions,
        recorder=replace(scoring.recorder, table=at_once, decisions=decisions),
        ruling=Ruling(rules, lists, scoring.count),
    )


def events(payload: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Requests as API Gateway sends them, each with an id of its own."""
    sample, numbers = json.loads((ROOT / "events" / "score-valid.json").read_text()), count()
    return lambda: sample | {"body": json.dumps(payload | {"transaction_id": f"bench-{next(numbers)}"})}


def call(event: Callable[[], dict[str, Any]], ports: Scoring) -> None:
    answer = handler.handler(event(), CONTEXT, ports=ports)
    if answer["statusCode"] != 200 or json.loads(answer["body"])["scored_by"] != "endpoint":
        raise RuntimeError(answer["body"])


def latencies_of(work: Callable[[], None], calls: int) -> list[float]:
    """What the function logs goes to a file, as Lambda takes it, not to the figures."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return latencies(work, calls)


def one_round(at_once: AtOnce) -> list[tuple[str, dict[str, Any]]]:
    """All that the last transaction asked for."""
    ends = [place for place, (operation, _) in enumerate(at_once.asked) if operation == "transact_write_items"]
    return at_once.asked[ends[-2] + 1 : ends[-1] + 1]


class Bare:
    """The same requests and nothing else: what is read at the same time, then the endpoint, then the write."""

    def __init__(self, requests: list[tuple[str, dict[str, Any]]]) -> None:
        session = get_session()
        self._table: Any = session.create_client("dynamodb", config=clients.SCORING_TABLE)
        self._runtime: Any = session.create_client("sagemaker-runtime", config=clients.endpoint_config(5))
        by_kind = [(operation, request) for operation, request in requests if operation.endswith("get_item")]
        self._reads = [partial(getattr(self._table, operation), **request) for operation, request in by_kind]
        asked = dict(requests)
        self._invocation, self._writing = asked["invoke_endpoint"], asked["transact_write_items"]
        self._threads = ThreadPoolExecutor(len(self._reads))

    def __call__(self) -> None:
        for read in [self._threads.submit(read) for read in self._reads]:
            read.result()
        json.loads(self._runtime.invoke_endpoint(**self._invocation)["Body"].read())
        self._table.transact_write_items(**self._writing)
