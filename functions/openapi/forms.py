"""What the API takes and answers as JSON Schema. A transaction's own form is made from the schema in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from functions.label import label, trail
from functions.lists import entry
from functions.openapi.refusals import error
from functions.score import batch
from model import lists, request_form
from model.contract import HIGHEST_SCORE
from model.reasons import MOST_REASONS
from model.schema import OUTCOMES, Schema
from model.transaction import ID

Form = dict[str, Any]

TEXT: Form = {"type": "string"}
NUMBER: Form = {"type": "number"}
WHOLE: Form = {"type": "integer", "minimum": 0}
PROBABILITY: Form = {"type": "number", "minimum": 0, "maximum": 1}
SCORE: Form = WHOLE | {"maximum": HIGHEST_SCORE}
MOMENT: Form = {"type": "string", "format": "date-time"}
OUTCOME: Form = {"type": "string", "enum": list(OUTCOMES)}
LABEL: Form = {"type": "string", "enum": [label.FRAUD, label.LEGIT]}
STORED_ID: Form = {"type": "string", "minLength": 1, "maxLength": 64, "description": "the caller's own id"}
OF_AN_ITEM = ("invalid_field", "other_content", "no_model", "unavailable")  # codes


def schemas(schema: Schema) -> dict[str, Form]:
    """Of the document's components."""
    return {
        "Transaction": request_form.transaction(schema),
        "Transactions": _transactions(),
        "Decision": _decision(),
        "Decisions": _decisions(),
        "KeptDecision": _kept(),
        "Reason": _reason(),
        "Label": _label(),
        "Labels": _list("labels", _ref("Label"), label.MOST),
        "LabelAnswer": _label_answer(),
        "LabelAnswers": _list("labels", _ref("LabelAnswer"), label.MOST),
        "Model": _model(),
        "Period": _object({"rows": WHOLE, "fraud": WHOLE, "from": TEXT, "to": TEXT}),
        "Health": _health(),
        "Listing": _listing(schema),
        "Listed": _listed(),
    }


def _object(properties: dict[str, Form], optional: tuple[str, ...] = ()) -> Form:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _or_null(form: Form) -> Form:
    return form | {"type": [form["type"], "null"]}


def _said(form: Form, words: str) -> Form:
    return form | {"description": words}


def _ref(name: str) -> Form:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(items: Form, **limits: int) -> Form:
    return {"type": "array", "items": items} | limits


def _list(name: str, items: Form, most: int) -> Form:
    return _object({name: _array(items, minItems=1, maxItems=most)}) | {"additionalProperties": False}


def _transactions() -> Form:
    """Anything may be in the list, for a wrong transaction does not spoil the others."""
    other = {"description": "Anything else gets an error in its place, as POST /score would have answered it."}
    return _list("transactions", {"anyOf": [_ref("Transaction"), other]}, batch.MOST)


def _decision() -> Form:
    return _object(
        {
            ID: STORED_ID,
            "fraud_probability": _or_null(PROBABILITY),
            "score": _said(_or_null(SCORE), "about 2 % of good transactions reach 900, 10 % reach 600"),
            "outcome": OUTCOME,
            "reasons": _said(_array(_ref("Reason"), maxItems=MOST_REASONS), "the strongest first"),
            "model": _said(_or_null(TEXT), "the one that decided; null, as probability and score, when none could"),
            "scored_by": _said(
                {"type": "string", "enum": ["endpoint", "fallback", "fail_policy"]},
                "the endpoint; the same trees without it, and without reasons; or the schema, with no model at all",
            ),
            "history": _said(
                {"type": "string", "enum": ["partial", "unavailable"]},
                "only where some or all of what is remembered could not be read in time",
            ),
        },
        optional=("history",),
    )


def _reason() -> Form:
    return _object(
        {
            "feature": TEXT,
            "value": {"type": ["number", "string", "null"]},
            "contribution": _said(NUMBER, "to the log-odds of fraud: above 0 it raises the risk"),
            "text": _said(TEXT, "the same as a sentence"),
        }
    )


def _decisions() -> Form:
    refused = _object({ID: {"type": ["string", "null"]}, "error": error(OF_AN_ITEM, "such as transactions[3].amount")})
    return _list("decisions", {"anyOf": [_ref("Decision"), refused]}, batch.MOST)


def _kept() -> Form:
    """A decision with what it was made on, and what became of it."""
    entry = _object({"label": LABEL, "labelled_at": MOMENT, "received_at": MOMENT})
    more = {
        "decided_at": MOMENT,
        "features": {"type": "object", "additionalProperties": {"type": ["number", "string", "null"]}},
        "transaction": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
        "label": _said(LABEL, "the one in force, once there is one"),
        "labelled_at": MOMENT,
        "label_trail": _said(_array(entry), "every label that came, as it came"),
    }
    notes = _notes()
    optional = ("history", "label", "labelled_at", "label_trail", *notes)
    return _object(_decision()["properties"] | more | notes, optional=optional)


def _notes() -> dict[str, Form]:
    """What rules, lists, test ids and a model in the shadow left behind, each where it did."""
    matched = {"name": TEXT, "values": {"type": "object"}}
    return {
        "model_outcome": _said(OUTCOME, "the model's own, before rules"),
        "rules_version": TEXT,
        "rule": _said(_object(matched), "the rule that decided, and the values that it looked at"),
        "shadow_rules": _array(_object(matched | {"outcome": OUTCOME})),
        "rule_errors": _said(_array(TEXT), "rules that could not be answered"),
        "rules_left_out": _said(_array(TEXT), "rules that do not fit the model's schema"),
        "lists": _object(
            {"denied": _array(TEXT), "allowed": _array(TEXT)},
            optional=("denied", "allowed"),
        ),
        "unreadable": _said(_array({"type": "string", "enum": ["rules", "lists"]}), "what was decided without"),
        "shadow": _said(
            _object({"model": TEXT, "fraud_probability": PROBABILITY, "score": SCORE, "outcome": OUTCOME}),
            "what another model would have decided",
        ),
        "test": {"const": True, "description": "a test transaction: it is in no history and in no training"},
    }


def _health() -> Form:
    status = {"type": "string", "enum": ["ok", "no_model"]}
    return _object({"status": status, "model": _said(_or_null(TEXT), "the one that serves")})


def _listing(schema: Schema) -> Form:
    """The value has the form that its field has in a transaction."""
    fields = lists.fields(schema)
    given: dict[str, Form] = {
        "field": {"type": "string", "enum": list(fields)},
        "value": {"description": "in the form that the field has in a transaction"},
        "list": {"type": "string", "enum": [lists.DENY, lists.ALLOW, entry.OFF]},
        "expires_at": _said(_or_null(request_form.moment()), "in the future; without it the entry stays"),
        "note": {"type": ["string", "null"], "maxLength": entry.LONGEST_NOTE, "pattern": entry.NOTE},
    }
    each = [
        {"properties": {"field": {"const": name}, "value": request_form.of_field(replace(field, required=True))}}
        for name, field in fields.items()
    ]
    takes_off = {
        "if": {"properties": {"list": {"const": entry.OFF}}, "required": ["list"]},
        "then": {"properties": {"expires_at": {"type": "null"}, "note": {"type": "null"}}},
    }
    return _object(given, optional=("expires_at", "note")) | {"additionalProperties": False, "anyOf": each} | takes_off


def _listed() -> Form:
    on = {"type": "string", "enum": [lists.DENY, lists.ALLOW, entry.OFF]}
    return _object({"field": TEXT, "list": on, "expires_at": _or_null(MOMENT)})


def _label() -> Form:
    words = "when it was given, not in the future; when it is received, if left out"
    labelled_at = request_form.moment() | {"type": ["string", "null"]}
    given = {ID: request_form.identifier(), "label": LABEL, "labelled_at": _said(labelled_at, words)}
    return _object(given, optional=("labelled_at",)) | {"additionalProperties": False}


def _label_answer() -> Form:
    return _object(
        {
            ID: STORED_ID,
            "status": {"type": "string", "enum": [trail.RECORDED, trail.UNCHANGED, trail.OUTDATED, trail.UNKNOWN]},
            "label": {"type": ["string", "null"], "enum": [label.FRAUD, label.LEGIT, None]},
            "labelled_at": MOMENT | {"type": ["string", "null"]},
        }
    )


def _model() -> Form:
    period = {"anyOf": [_ref("Period"), {"type": "null"}]}
    thresholds = _object({"review": PROBABILITY, "block": PROBABILITY})
    return _object(
        {
            "model": _said(TEXT, "its name, which is that of its training job"),
            "since": _said(MOMENT, "when it began to serve"),
            "endpoint": TEXT,
            "trained_until": _said(MOMENT | {"type": ["string", "null"]}, "it knows nothing newer"),
            "trained_on": _said(period, "the labelled transactions that it has learned from"),
            "judged_on": _said(period, "later ones, unknown to the model that was judged; the metrics are theirs"),
            "metrics": _said({"type": "object"}, "as docs/evaluation.md explains them"),
            "thresholds": _said(thresholds, "the outcome from this probability on"),
            "features": _array(TEXT),
        }
    )
