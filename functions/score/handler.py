"""Lambda behind the REST API: every request is answered by functions.score.api."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST

from functions import settings
from functions.aws import clients, metrics
from functions.aws.stack_key import StackKey
from functions.score import api
from functions.score.breaker import Breaker
from functions.score.deadline import Deadline
from functions.score.decisions import Decisions
from functions.score.endpoint import Endpoint
from functions.score.entities import Entities
from functions.score.hiding import Hiding
from functions.score.judging import Judging
from functions.score.lists import Lists
from functions.score.live import LiveModel
from functions.score.recording import Recorder
from functions.score.rules import RulesInForce
from functions.score.ruling import Ruling
from functions.score.schema_in_force import SchemaInForce
from functions.score.scoring import Scoring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
BESIDE = (
    16  # calls beside a request, or the eight of a batch: of the endpoint, some of them given up, and of the bucket
)


def utc_now() -> datetime:
    return datetime.now(UTC)


@cache
def aws_ports() -> Scoring:
    found = settings.load(settings.ScoreSettings)
    budget = found.score_budget_ms / 1000
    s3, table = clients.scoring_s3(), clients.scoring_table()
    threads, breaker = ThreadPoolExecutor(BESIDE), Breaker(time.monotonic)
    live = LiveModel(s3, found.bucket, time.monotonic, threads, logger)
    decisions = Decisions(table, found.decisions_table)
    rules = RulesInForce(s3, found.bucket, time.monotonic, logger)
    lists = Lists(table, found.lists_table, utc_now, logger)
    return Scoring(
        live=live,
        schema=SchemaInForce(s3, found.bucket),
        hiding=Hiding(StackKey(clients.secrets, found.stack_key_arn), threads),
        entities=Entities(table, found.history_table, logger),
        judging=Judging(live, Endpoint(clients.scoring_endpoint(budget), breaker, threads, metrics.count)),
        decisions=decisions,
        recorder=Recorder(table, decisions, found.history_table, time.monotonic, time.sleep),
        ruling=Ruling(rules, lists, metrics.count),
        retention_days=found.retention_days,
        deadline=partial(Deadline.after, budget, time.monotonic),
        now=utc_now,
        count=metrics.count,
        measure=metrics.measure,
        logger=logger,
    )


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Scoring | None = None) -> dict[str, Any]:
    return api.answer(event, context, ports or aws_ports())
