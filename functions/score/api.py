"""The paths of the REST API that this function serves, and who answers each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from functions.rest import answers, body, problems
from functions.rest.problems import ProblemError
from functions.score import batch, served
from functions.score.scoring import Scoring
from model.transaction import is_id

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.exceptions import NotFoundError
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayRestResolver()


def answer(event: dict[str, Any], context: LambdaContext, scoring: Scoring) -> dict[str, Any]:
    app.context["scoring"] = scoring
    answered = app.resolve(event, context)
    answered["multiValueHeaders"] |= {name: [value] for name, value in answers.headers(event).items()}
    return answered


@app.post("/score")
def score() -> Response[str]:
    event = app.current_event
    return _answer(200, _scoring().score(body.read(event.body, bool(event.is_base64_encoded))).answer())


@app.post("/score/batch")
def score_batch() -> Response[str]:
    event = app.current_event
    payload = body.read(event.body, bool(event.is_base64_encoded), body.LARGEST_BATCH)
    return _answer(200, {"decisions": batch.decide(_scoring(), batch.read(payload))})


@app.get("/decisions/<transaction_id>")
def decision(transaction_id: str) -> Response[str]:
    # Gateways differ in whether they decode a path: an id that contains a % is looked up both ways.
    for candidate in dict.fromkeys((unquote(transaction_id), transaction_id)):
        found = _scoring().decisions.find(candidate) if is_id(candidate) else None
        if found is not None:
            return _answer(200, found.details())
    raise problems.not_found("There is no decision with this id.", "transaction_id")


@app.get("/model")
def model() -> Response[str]:
    live = _scoring().live.current()
    if live is None:
        raise problems.no_model()
    return _answer(200, served.describe(live, _scoring().live.contract(live.model)))


@app.get("/health")
def health() -> Response[str]:
    """For load balancers, which ask often: no more than what scoring itself looks up now and then."""
    live = _scoring().live.current()
    return _answer(200, {"status": "ok" if live else "no_model", "model": live.model if live else None})


@app.get("/openapi.json")
def openapi() -> Response[str]:
    return _answer(200, _description())


@app.get("/docs")
def docs() -> Response[str]:
    from functions.openapi import page

    headers: Any = page.HEADERS
    return Response(200, page.CONTENT_TYPE, page.html(_description()), headers)


def on_problem(problem: ProblemError) -> Response[str]:
    answers.note(problem, _scoring().logger)
    return _answer(problem.status, problem.document, problem.headers)


app.exception_handler(ProblemError)(on_problem)


@app.not_found
def on_unknown_path(_: NotFoundError) -> Response[str]:
    return on_problem(problems.not_found("There is no such path."))


def _description() -> dict[str, Any]:
    """Imported when it is asked for: scoring must not pay for it at a cold start."""
    from functions.openapi import document

    address = _address(app.current_event.raw_event)
    live = _scoring().live.current()
    if live is None:
        return document.describe(_scoring().schema.read(), address=address)
    contract = _scoring().live.contract(live.model)
    return document.describe(contract.schema, contract, address)


def _address(event: dict[str, Any]) -> str:
    """Of the API as it was called, with its stage or the path of a domain of one's own. Only AWS tells it."""
    context = event["requestContext"]
    if "domainName" not in context:
        return "."
    return f"https://{context['domainName']}{context['path'].removesuffix(event['resource'])}"


def _scoring() -> Scoring:
    return cast("Scoring", app.context["scoring"])


def _answer(status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps(document), cast("Any", headers))
