"""Lambda behind the REST API: every request is answered by functions.score.api."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST

from functions import settings
from functions.aws import clients, metrics
from functions.score import api
from functions.score.decisions import Decisions
from functions.score.entities import Entities
from functions.score.live import LiveModel
from functions.score.recording import Recorder
from functions.score.scoring import Scoring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def aws_ports() -> Scoring:
    found = settings.load(settings.ScoreSettings)
    table = clients.scoring_table()
    decisions = Decisions(table, found.decisions_table)
    return Scoring(
        live=LiveModel(clients.scoring_s3(), found.bucket, time.monotonic, logger),
        runtime=clients.scoring_endpoint(),
        entities=Entities(table, found.history_table),
        decisions=decisions,
        recorder=Recorder(table, decisions, found.history_table, time.monotonic, time.sleep),
        retention_days=found.retention_days,
        now=lambda: datetime.now(UTC),
        count=metrics.count,
        logger=logger,
    )


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Scoring | None = None) -> dict[str, Any]:
    return api.answer(event, context, ports or aws_ports())
