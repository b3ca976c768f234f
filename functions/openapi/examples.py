"""Requests that are valid by the schema in force, and answers as they look, made by the code that makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.label import trail
from functions.label.label import LEGIT
from functions.rest import problems
from functions.score import decisions
from model import features, lists, request_example
from model.contract import Contract
from model.decision import Decision
from model.pseudonyms import Pseudonyms
from model.reasons import explain
from model.schema import Schema
from model.transaction import ID

MODEL = "fraud-0123456789abcdef"
DECIDED = request_example.HAPPENED + timedelta(seconds=1)
FAR = datetime(2199, 1, 1, tzinfo=UTC)
EXAMPLES = Pseudonyms(b"of examples, which hide nothing: " * 2)
LABELLED = request_example.HAPPENED + timedelta(days=14)


def make(schema: Schema, contract: Contract | None) -> dict[str, Any]:
    known = contract.categories if contract else {}
    transaction = request_example.transaction(schema, known)
    other = transaction | {ID: f"{transaction[ID]}-2"}
    decision = _decided(schema, transaction)
    missing = problems.invalid_field(f"transactions[1].{schema.timestamp}", "is required and missing").document
    label = {ID: transaction[ID], "label": LEGIT, "labelled_at": f"{LABELLED:%Y-%m-%dT%H:%M:%SZ}"}
    labelled = {ID: transaction[ID], "status": trail.RECORDED, "label": LEGIT, "labelled_at": LABELLED.isoformat()}
    return {
        "transaction": transaction,
        "transactions": {"transactions": [transaction, other]},
        "decision": decision.answer(),
        "decisions": {"decisions": [decision.answer(), {ID: other[ID]} | missing]},
        "kept": decision.details(),
        "label": label,
        "labels": {"labels": [label]},
        "labelled": labelled,
        "labelled_many": {"labels": [labelled]},
        "model": _model(schema, contract),
        "health": {"status": "ok", "model": contract.model if contract else MODEL},
    } | _listing(schema, transaction)


def _listing(schema: Schema, transaction: dict[str, Any]) -> dict[str, Any]:
    """Nothing for a schema without a field that can be on a list."""
    named = [name for name in lists.fields(schema) if name in transaction]
    if not named:
        return {}
    field, until = named[0], FAR.isoformat()
    listing = {"field": field, "value": transaction[field], "list": lists.ALLOW, "expires_at": until}
    return {"listing": listing, "listed": {"field": field, "list": lists.ALLOW, "expires_at": until}}


def _decided(schema: Schema, request: dict[str, Any]) -> decisions.Row:
    transaction = EXAMPLES.hide(schema, schema.validate(request))
    computed = features.compute(schema, transaction)
    decision = Decision(
        transaction_id=transaction.id,
        fraud_probability=0.0123,
        score=412,
        outcome="approve",
        reasons=explain(schema, computed, {"hour": 0.4}),
        model=MODEL,
        scored_by="endpoint",
    )
    some = dict(list(computed.items())[:5])
    return decisions.row(decision, transaction, schema, some, {}, DECIDED, retention_days=1)


def _model(schema: Schema, contract: Contract | None) -> dict[str, Any]:
    return {
        "model": contract.model if contract else MODEL,
        "since": "2026-02-01T09:30:00+00:00",
        "endpoint": "fraud-endpoint",
        "trained_until": "2026-01-20T23:59:12+00:00",
        "trained_on": {"rows": 40000, "fraud": 320, "from": "2025-11-01T00:00:07Z", "to": "2026-01-20T23:59:12Z"},
        "judged_on": {"rows": 8000, "fraud": 64, "from": "2026-01-05T00:00:31Z", "to": "2026-01-20T23:59:12Z"},
        "metrics": {"roc_auc": 0.977, "average_precision": 0.592},
        "thresholds": {"review": 0.05, "block": 0.5},
        "features": list(features.names(schema))[:3],
    }
