"""Every path of the API: what it is for, what it takes, what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from functions.label import label
from functions.openapi.refusals import JSON, REQUEST_ID, reference
from functions.rest import body
from functions.score import batch
from model.transaction import ID, LONGEST_ID

GATEWAY = (403, 429, 503)  # of every path
TO_READ = (400, 422)  # of what has a body


@dataclass(frozen=True)
class Operation:
    name: str
    summary: str
    description: str
    answer: dict[str, Any]
    request: dict[str, Any] | None = None
    refusals: tuple[int, ...] = ()
    parameters: tuple[dict[str, Any], ...] = ()
    needs_key: bool = True
    answered: str = "The document."

    def to_dict(self) -> dict[str, Any]:
        gateway = GATEWAY if self.needs_key else tuple(status for status in GATEWAY if status != 403)
        success = {"description": self.answered, "headers": REQUEST_ID, "content": self.answer}
        statuses = sorted({*gateway, *self.refusals})
        return {
            "operationId": self.name,
            "summary": self.summary,
            "description": self.description,
            **({} if self.needs_key else {"security": []}),
            **({"parameters": list(self.parameters)} if self.parameters else {}),
            **({"requestBody": {"required": True, "content": self.request}} if self.request else {}),
            "responses": {"200": success} | {str(status): reference(status) for status in statuses},
        }


def table(example: dict[str, Any]) -> dict[str, Any]:
    """`example` has a request or an answer by its name."""
    return {
        path: {method: operation.to_dict() for method, operation in operations.items()}
        for path, operations in _operations(example).items()
        if operations
    }


def _operations(example: dict[str, Any]) -> dict[str, dict[str, Operation]]:
    return {
        "/score": {"post": _score(example)},
        "/score/batch": {"post": _score_batch(example)},
        "/decisions/{transaction_id}": {"get": _decision(example)},
        "/labels": {"post": _labels(example)},
        "/lists": {"post": _lists(example)} if "listing" in example else {},
        "/model": {"get": _model(example)},
        "/health": {"get": _health(example)},
        "/openapi.json": {"get": _openapi()},
        "/docs": {"get": _docs()},
    }


def _json(form: str, **examples: Any) -> dict[str, Any]:
    return _of(_ref(form), **examples)


def _of(schema: dict[str, Any], **examples: Any) -> dict[str, Any]:
    return {JSON: {"schema": schema, "examples": {name: {"value": value} for name, value in examples.items()}}}


def _score(example: dict[str, Any]) -> Operation:
    return Operation(
        "score",
        "Score a transaction",
        f"Scores it, keeps the decision and answers it. The same id and content gets the kept answer again, the same id"
        f" with other content is a conflict. The body has at most {body.LARGEST} bytes. A timestamp more than a day"
        " ahead is scored and not remembered.",
        _json("Decision", decision=example["decision"]),
        _json("Transaction", transaction=example["transaction"]),
        (*TO_READ, 409),
        answered="The decision.",
    )


def _score_batch(example: dict[str, Any]) -> Operation:
    return Operation(
        "scoreBatch",
        f"Score up to {batch.MOST} transactions",
        "Each is decided as POST /score would have decided it, in the order of the list, and has its answer at the same"
        " place: the decision, or the error that POST /score would have answered. Only a body that is no list of"
        f" transactions is refused as a whole. It has at most {body.LARGEST_BATCH} bytes. When a service is away for"
        " every transaction, the answer is 503.",
        _json("Decisions", decisions=example["decisions"]),
        _json("Transactions", transactions=example["transactions"]),
        TO_READ,
        answered="For each transaction its decision, or its error.",
    )


def _decision(example: dict[str, Any]) -> Operation:
    given = example["transaction"][ID]
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
    parameter = {"name": ID, "in": "path", "required": True, "schema": schema, "example": given}
    return Operation(
        "getDecision",
        "A kept decision",
        "The decision as it was answered, with what it was made on and, once there is a label, what became of it.",
        _json("KeptDecision", decision=example["kept"]),
        refusals=(404,),
        parameters=(parameter,),
        answered="The decision.",
    )


def _labels(example: dict[str, Any]) -> Operation:
    return Operation(
        "label",
        "Say what became of transactions",
        f"One label, or up to {label.MOST} in a list, of which all are good or none is taken. A later label corrects an"
        f" earlier one. The body has at most {body.LARGEST} bytes.",
        _either("LabelAnswer", "LabelAnswers", one=example["labelled"], many=example["labelled_many"]),
        _either("Label", "Labels", one=example["label"], many=example["labels"]),
        TO_READ,
        answered="What became of each label; an unknown transaction's is kept, too.",
    )


def _lists(example: dict[str, Any]) -> Operation:
    return Operation(
        "list",
        "Put a value on the deny or the allow list, or take it off",
        "In force with the next transaction. What a list does, the rules say. The value itself is not kept.",
        _json("Listed", listed=example["listed"]),
        _json("Listing", listing=example["listing"]),
        TO_READ,
        answered="What is in force now.",
    )


def _model(example: dict[str, Any]) -> Operation:
    return Operation(
        "getModel",
        "The model that serves",
        "Since when it serves, what it was trained on, how good it is, and from which probabilities on it decides.",
        _json("Model", model=example["model"]),
        answered="The model.",
    )


def _health(example: dict[str, Any]) -> Operation:
    return Operation(
        "getHealth",
        "Whether scoring can answer",
        "For load balancers, which send no key: 200 as long as transactions are answered, by a model or by the schema's"
        " fail policy while there is none.",
        _json("Health", health=example["health"]),
        needs_key=False,
        answered="Whether a model serves.",
    )


def _openapi() -> Operation:
    document = {"type": "object", "required": ["openapi", "info", "paths"]}
    return Operation(
        "getOpenapi", "This document", "OpenAPI 3.1, by the schema of the model that serves.", _of(document)
    )


def _docs() -> Operation:
    page = {"text/html": {"schema": {"type": "string"}}}
    return Operation("getDocs", "This document for people", "One page of HTML that needs nothing else.", page)


def _either(*forms: str, **examples: Any) -> dict[str, Any]:
    return _of({"anyOf": [_ref(form) for form in forms]}, **examples)


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
