"""The scoring function as a whole, one transaction at a time and warm: its own work without its calls, without and with
the threads that wait for them, and on loopback beside a handler that makes the same calls and nothing else."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from bench import history
from bench.figures import WARM_UP, report, report_latencies, timed
from bench.stubs import BUCKET, InMemory, loopback
from model.contract import Contract

ROOT = Path(__file__).parents[1]
EVENT = ROOT / "events" / "score-valid.json"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_SERVICE_NAME": "score",
    "BUCKET": BUCKET,
    "DECISIONS_TABLE": "decisions",
    "HISTORY_TABLE": "history",
    "LISTS_TABLE": "lists",
    "RETENTION_DAYS": "400",
    "SCORE_BUDGET_MS": "5000",
    "STACK_KEY_ARN": "arn:bench",
}


class AtOnce(Executor):
    """Works where it is called: what handing a call over to a thread takes is left out, with the call."""

    def __init__(self, _: int) -> None:
        pass

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*arguments, **named))
        return done


@dataclass
class Noted:
    """A client that remembers what it was asked."""

    client: Any
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            return getattr(self.client, operation)(**request)

        return call


CONTEXT: Any = SimpleNamespace(  # what the handler's logger reads of it
    function_name="fraud-score", memory_limit_in_mb=1024, invoked_function_arn="arn:bench", aws_request_id="bench"
)


def whole(
    contract: Contract, trees: bytes, transaction: Mapping[str, Any], predicted: Mapping[str, Any], calls: int
) -> None:
    """Its entities are known, with every counter in use."""
    os.environ.update(ENVIRONMENT)
    event = json.loads(EVENT.read_text("utf-8")) | {"body": json.dumps(transaction)}
    answers = InMemory(_files(contract, trees), json.dumps(predicted).encode(), _looked_up(contract, transaction))
    in_memory = (answers, answers, answers)
    works = [_handler(event, *in_memory, pool=AtOnce), _handler(event, *in_memory)]
    for figure, taken in zip(("own_work", "own_work_and_threads"), _in_turn(works, calls), strict=True):
        report_latencies(f"score_function_{figure}", taken)
    requests = _requests(event, answers)
    with loopback(answers) as address:
        table, runtime, s3 = (_client(name, address) for name in ("dynamodb", "sagemaker-runtime", "s3"))
        bare = _bare(runtime, table, requests)
        whole, only_calls = _in_turn([_handler(event, s3, table, runtime), bare], calls)
    report_latencies("score_function_loopback", whole, requests=len(requests))
    report_latencies("bare_botocore_loopback", only_calls, requests=len(requests))
    report("score_function_times_bare", median(whole) / median(only_calls), "times", requests=len(requests))


def _requests(event: dict[str, Any], answers: InMemory) -> list[tuple[str, dict[str, Any]]]:
    """Those of one transaction, once the function is warm."""
    noted = Noted(answers)
    call = _handler(event, noted, noted, noted, pool=AtOnce)
    with _silence():
        call()
        noted.calls.clear()
        call()
    return noted.calls


def _handler(
    event: dict[str, Any], s3: Any, table: Any, runtime: Any, pool: Callable[[int], Executor] = ThreadPoolExecutor
) -> Callable[[], Any]:
    from functions import settings
    from functions.score import wiring
    from functions.score.handler import handler, logger

    scoring = wiring.scoring(settings.load(settings.ScoreSettings), s3, table, table, runtime, logger, pool)

    def call() -> None:
        answer = handler(event, CONTEXT, ports=scoring)
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])

    return call


def _bare(runtime: Any, table: Any, requests: list[tuple[str, dict[str, Any]]]) -> Callable[[], Any]:
    asked = dict(requests)

    def call() -> None:
        table.batch_get_item(**asked["batch_get_item"])
        json.loads(runtime.invoke_endpoint(**asked["invoke_endpoint"])["Body"].read())
        table.transact_write_items(**asked["transact_write_items"])

    return call


def _client(service: str, address: str) -> Any:
    from botocore.config import Config
    from botocore.session import get_session

    return get_session().create_client(service, endpoint_url=address, config=Config(max_pool_connections=32))


def _in_turn(works: list[Callable[[], Any]], calls: int) -> list[list[float]]:
    """Milliseconds of each, ascending. One after the other, so that what else the machine does slows all alike."""
    taken: list[list[float]] = [[] for _ in works]
    with _silence():
        for _ in range(WARM_UP):
            for work in works:
                work()
        for _ in range(calls):
            for work, times in zip(works, taken, strict=True):
                times.append(timed(work)[1] * 1000)
    return [sorted(times) for times in taken]


@contextmanager
def _silence() -> Iterator[None]:
    """The function writes its metrics where the figures go."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


def _looked_up(contract: Contract, payload: Mapping[str, Any]) -> dict[str, Any]:
    plan, transaction = contract.schema.history_plan, contract.schema.validate(payload)
    items = history.stored_items(plan, transaction, history.well_known(plan, transaction))
    return {"Responses": {ENVIRONMENT["HISTORY_TABLE"]: list(items.values())}}


def _files(contract: Contract, trees: bytes) -> dict[str, bytes]:
    live = {"model": contract.model, "endpoint": "fraud-endpoint", "since": "2026-11-23T15:00:00+00:00"}
    return {
        "config/live.json": json.dumps(live).encode(),
        f"runs/{contract.model}/contract.json": contract.to_json().encode(),
        f"runs/{contract.model}/trees.json.gz": gzip.compress(trees),
    }
