"""The REST API's paths: POST /score, GET /decisions/{transaction_id}, GET /model, GET /health."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from functions.rest import body, problems
from functions.rest.problems import ProblemError
from functions.score.scoring import Scoring
from model.transaction import LONGEST_ID

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.exceptions import NotFoundError
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayRestResolver()


def answer(event: dict[str, Any], context: LambdaContext, scoring: Scoring) -> dict[str, Any]:
    app.context["scoring"] = scoring
    return app.resolve(event, context)


@app.post("/score")
def score() -> Response[str]:
    event = app.current_event
    return _answer(200, _scoring().score(body.read(event.body, bool(event.is_base64_encoded))).answer())


@app.get("/decisions/<transaction_id>")
def decision(transaction_id: str) -> Response[str]:
    # Gateways differ in whether they decode a path: an id that contains a % is looked up both ways.
    for candidate in dict.fromkeys((unquote(transaction_id), transaction_id)):
        # What is too long for an id is not looked up: DynamoDB would refuse the key.
        found = _scoring().decisions.find(candidate) if len(candidate) <= LONGEST_ID else None
        if found is not None:
            return _answer(200, found.details())
    raise problems.not_found("There is no decision with this id.", "transaction_id")


@app.get("/model")
def model() -> Response[str]:
    live = _scoring().live.current()
    if live is None:
        raise problems.no_model()
    contract = _scoring().live.contract(live.model)
    return _answer(
        200,
        {
            "model": live.model,
            "since": live.since,
            "endpoint": live.endpoint,
            "features": list(contract.features),
            "thresholds": {"review": contract.review_from, "block": contract.block_from},
            "metrics": live.metrics,
        },
    )


@app.get("/health")
def health() -> Response[str]:
    live = _scoring().live.current()
    return _answer(200, {"status": "ok" if live else "no_model", "model": live.model if live else None})


def on_problem(problem: ProblemError) -> Response[str]:
    if problem.__cause__ is not None:  # a service's refusal: the caller cannot mend it, so somebody must read of it
        _scoring().logger.warning(problem.message, extra={"cause": str(problem.__cause__)})
    return _answer(problem.status, problem.document, problem.headers)


app.exception_handler(ProblemError)(on_problem)


@app.not_found
def on_unknown_path(_: NotFoundError) -> Response[str]:
    return on_problem(problems.not_found("There is no such path."))


def _scoring() -> Scoring:
    return cast("Scoring", app.context["scoring"])


def _answer(status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps(document), cast("Any", headers))
