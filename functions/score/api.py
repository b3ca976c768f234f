"""The paths of the REST API that this function serves, and who answers each of them.

The gateway has matched the path already (template.yaml names them), so what is left of routing is to look it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from functions.rest import answers, body, problems
from functions.score import batch, served
from model.transaction import is_id

if TYPE_CHECKING:
    from functions.score.scoring import Scoring


def answer(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    path = PATHS.get((event["httpMethod"], event["resource"]), _unknown)
    return answers.respond(event, lambda: path(event, scoring), scoring.logger)


def _score(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    return answers.json_answer(200, scoring.score(body.read(event)).answer())


def _score_batch(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    transactions = batch.read(body.read(event, body.LARGEST_BATCH))
    return answers.json_answer(200, {"decisions": batch.decide(scoring, transactions)})


def _decision(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    given = event["pathParameters"]["transaction_id"]
    # Gateways differ in whether they decode a path: an id that contains a % is looked up both ways.
    for candidate in dict.fromkeys((unquote(given), given)):
        found = scoring.decisions.find(candidate) if is_id(candidate) else None
        if found is not None:
            return answers.json_answer(200, found.details())
    raise problems.not_found("There is no decision with this id.", "transaction_id")


def _model(_: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    live = scoring.live.current()
    if live is None:
        raise problems.no_model()
    return answers.json_answer(200, served.describe(live, scoring.live.contract(live.model)))


def _health(_: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    """For load balancers, which ask often: no more than what scoring itself looks up now and then."""
    live = scoring.live.current()
    return answers.json_answer(200, {"status": "ok" if live else "no_model", "model": live.model if live else None})


def _openapi(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    return answers.json_answer(200, _description(event, scoring))


def _docs(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    from functions.openapi import page

    return answers.text_answer(200, page.CONTENT_TYPE, page.html(_description(event, scoring)), page.HEADERS)


def _unknown(_: dict[str, Any], __: Scoring) -> dict[str, Any]:
    raise problems.not_found("There is no such path.")


PATHS = {
    ("POST", "/score"): _score,
    ("POST", "/score/batch"): _score_batch,
    ("GET", "/decisions/{transaction_id}"): _decision,
    ("GET", "/model"): _model,
    ("GET", "/health"): _health,
    ("GET", "/openapi.json"): _openapi,
    ("GET", "/docs"): _docs,
}


def _description(event: dict[str, Any], scoring: Scoring) -> dict[str, Any]:
    """Imported when it is asked for: scoring must not pay for it at a cold start."""
    from functions.openapi import document

    address = _address(event)
    live = scoring.live.current()
    if live is None:
        return document.describe(scoring.schema.read(), address=address)
    contract = scoring.live.contract(live.model)
    return document.describe(contract.schema, contract, address)


def _address(event: dict[str, Any]) -> str:
    """Of the API as it was called, with its stage or the path of a domain of one's own. Only AWS tells it."""
    context = event["requestContext"]
    if "domainName" not in context:
        return "."
    return f"https://{context['domainName']}{context['path'].removesuffix(event['resource'])}"
