"""Everything behind the REST API, as a test's caller meets it."""

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from typing import Any

from functions.aws.stack_key import StackKey
from functions.score.breaker import Breaker
from functions.score.deadline import Deadline
from functions.score.decisions import Decisions
from functions.score.endpoint import Endpoint
from functions.score.handler import handler, logger
from functions.score.hiding import Hiding
from functions.score.judging import Judging
from functions.score.live import LiveModel
from functions.score.lookup import Tables
from functions.score.recording import Recorder
from functions.score.rules import RulesInForce
from functions.score.ruling import Ruling
from functions.score.schema_in_force import SchemaInForce
from functions.score.scoring import Scoring
from functions.score.shadow import Shadow
from tests.contract import service_model
from tests.functions import description
from tests.functions.artefacts import contract, trees
from tests.functions.conftest import BUCKET, HISTORY, LISTS, SCORE_SETTINGS, STACK_KEY, TABLE, sample_event
from tests.functions.fakes import AtOnce, Clock, FakeSecrets, OneAtATime, client_error

FIRST, SECOND = "fraud-1111111111111111", "fraud-2222222222222222"
PATIENT = 60.0  # seconds: a busy machine is no slow neighbour


@dataclass
class FakeEndpoint:
    """Serves a model; says no to other features than its contract's, as the container does."""

    serving: Any
    probability: float = 0.0123
    contributions: dict[str, float] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    raw_answer: bytes | None = None

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("sagemaker-runtime", "InvokeEndpoint", request) == []
        self.requests.append(request)
        if self.fails:
            raise self.fails.pop(0)
        sent = json.loads(request["Body"])
        if sent["features"] != list(self.serving.features):
            answer = {"error": {"code": "features_differ"}, "model": self.serving.model}
            raise client_error("ModelError", OriginalStatusCode=422, OriginalMessage=json.dumps(answer))
        prediction: dict[str, Any] = {"fraud_probability": self.probability}
        if self.contributions:
            prediction["contributions"] = self.contributions
        answer = json.dumps({"model": self.serving.model, "predictions": [prediction]}).encode()
        return {"Body": BytesIO(self.raw_answer or answer)}


@dataclass
class World:
    """Everything behind the API, and a caller in front of it."""

    s3: Any
    endpoint: FakeEndpoint
    scoring: Scoring
    context: Any
    seconds: list[float]
    counted: list[str]
    secrets: FakeSecrets

    def serve(self, model: Any, announce: bool = True, **told: Any) -> None:
        """A deployment: the endpoint turns, and the bucket says so, perhaps only later."""
        self.s3.put_object(Bucket=BUCKET, Key=f"runs/{model.model}/contract.json", Body=model.to_json().encode())
        walked = gzip.compress(trees(model))
        self.s3.put_object(Bucket=BUCKET, Key=f"runs/{model.model}/trees.json.gz", Body=walked)
        self.endpoint.serving = model
        if announce:
            live = {"model": model.model, "endpoint": "fraud-endpoint", "since": "2026-11-23T15:00:00+00:00"}
            self.s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=json.dumps(live | told).encode())

    def ask(self, runtime: Any) -> None:
        """From now on another endpoint."""
        judging = self.scoring.judging
        endpoint = replace(judging.endpoint, runtime=runtime)
        self.scoring = replace(self.scoring, judging=replace(judging, endpoint=endpoint))

    def call(self, event: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        """An answer that the API's own description knows."""
        status, body, headers = self.answer(event)
        description.check(event, status, headers, body)
        return status, json.loads(body), headers

    def answer(self, event: dict[str, Any]) -> tuple[int, str, dict[str, str]]:
        answer = handler(event, self.context, ports=self.scoring)
        headers = answer["headers"]
        return answer["statusCode"], answer["body"], headers

    def find(self, name: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """The decision, as its path answers it."""
        return self.call(sample_event("score-get-decision") | {"pathParameters": {"transaction_id": name}})

    def score(self, **changes: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        event = sample_event("score-valid")
        payload = {name: value for name, value in (json.loads(event["body"]) | changes).items() if value is not ...}
        return self.call(event | {"body": json.dumps(payload)})

    def score_batch(self, *transactions: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        return self.call(sample_event("score-batch") | {"body": json.dumps({"transactions": transactions})})

    def score_text(self, text: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        return self.call(sample_event("score-valid") | {"body": text})


def build(s3: Any, table: Any, context: Any, pause: Callable[[float], None] | None = None) -> World:
    seconds = [1000.0]
    counted: list[str] = []

    def wait(duration: float) -> None:
        seconds[0] += duration

    def clock() -> float:
        return seconds[0]

    table, secrets = OneAtATime(table), FakeSecrets()
    live = LiveModel(s3, BUCKET, clock, AtOnce(), logger)
    asked = FakeEndpoint(None)
    decisions, now = Decisions(table, TABLE), Clock()
    rules = RulesInForce(s3, BUCKET, clock, logger)
    scoring = Scoring(
        live=live,
        schema=SchemaInForce(s3, BUCKET),
        hiding=Hiding(StackKey(lambda: secrets, STACK_KEY), AtOnce()),  # type: ignore[arg-type]
        tables=Tables(table, HISTORY, LISTS, now, logger, ThreadPoolExecutor(1)),
        judging=Judging(live, Endpoint(asked, Breaker(clock), AtOnce(), counted.append)),  # type: ignore[arg-type]
        decisions=decisions,
        recorder=Recorder(table, decisions, HISTORY, clock, pause or wait),
        ruling=Ruling(rules, AtOnce(), counted.append),
        shadow=Shadow(s3, BUCKET, live, clock, AtOnce(), logger),  # type: ignore[arg-type]
        retention_days=SCORE_SETTINGS.retention_days,
        deadline=partial(Deadline.after, PATIENT, clock),
        now=now,
        count=counted.append,
        measure=lambda values: counted.extend(name for name, value in values.items() if value),
        logger=logger,
    )
    made = World(s3, asked, scoring, context, seconds, counted, secrets)
    made.serve(contract(FIRST))
    return made
