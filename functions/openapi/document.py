"""The OpenAPI 3.1 document: what the API takes and answers, by the schema of the model that serves."""

from __future__ import annotations

from typing import Any

from functions.openapi import examples, forms, paths, refusals
from model.contract import Contract
from model.schema import Schema

INTRODUCTION = (
    "Scores transactions for fraud and keeps every decision. Requests and answers are JSON; a request has the header"
    " x-api-key, and every answer has x-request-id. The same request may always be sent again: what was decided or"
    " recorded is answered as it is."
)
HEADERS = {
    "RequestId": {"description": "the id of this request in the API's logs", "schema": {"type": "string"}},
    "RetryAfter": {
        "description": "try again after so many seconds; a gateway that is out of quota does not say when",
        "schema": {"type": "integer", "minimum": 1},
    },
}


def describe(schema: Schema, contract: Contract | None = None, address: str = ".") -> dict[str, Any]:
    """`contract` is that of the model that serves, if there is one; an address may be relative to the document's."""
    made_for = f"the model {contract.model}" if contract else "the packaged schema, for no model serves yet"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Fraud scoring: {schema.name}",
            "version": "1",
            "description": f"{INTRODUCTION} This document follows {made_for}.",
        },
        "servers": [{"url": address}],
        "security": [{"apiKey": []}],
        "paths": paths.table(examples.make(schema, contract)),
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "headers": HEADERS,
            "schemas": forms.schemas(schema),
            "responses": refusals.responses(),
        },
    }
