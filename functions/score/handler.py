"""Lambda behind the REST API: every request is answered by functions.score.api."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST

from functions import settings
from functions.score import api, wiring
from functions.score.scoring import Scoring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def aws_ports() -> Scoring:
    return wiring.aws_scoring(settings.load(settings.ScoreSettings), logger)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], _: LambdaContext, *, ports: Scoring | None = None) -> dict[str, Any]:
    return api.answer(event, ports or aws_ports())
