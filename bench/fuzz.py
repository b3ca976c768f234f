"""Hostile bodies for every path that takes one: each is taken or refused in the API's own words, and nothing else
ever comes of it.

`python -m bench.fuzz --inputs 200000`. The same seed makes the same inputs; a failure prints the one that caused it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench.figures import report
from bench.hostile import Input, inputs
from functions.label import label
from functions.lists import entry
from functions.rest import body
from functions.rest.problems import ProblemError
from functions.score import batch, decisions
from model import features, request_example, schema
from model.field import InvalidTransaction
from model.pseudonyms import Pseudonyms
from model.schema import Schema

SCHEMA = schema.load()
COUNTED = Schema.from_dict(  # what the shipped schema has none of
    {
        "name": "counted",
        "timestamp": {"column": "at", "unit": "ms"},
        "extra_columns": "ignore",
        "fields": {
            "since": {"role": "time"},
            "fee": {"role": "amount"},
            "user": {"role": "entity", "sensitive": True},
            "note": {"role": "ignore"},
        },
    }
)
NOW = datetime(2026, 10, 5, 3, 12, tzinfo=UTC)
HIDDEN = Pseudonyms(b"a key that is of no other use at all")
TRANSACTION = request_example.transaction(SCHEMA, {})
VALID: dict[str, dict[str, Any]] = {
    "score": TRANSACTION,
    "score, times counted": request_example.transaction(COUNTED, {}),
    "batch": {"transactions": [TRANSACTION, TRANSACTION]},
    "labels": {"labels": [{"transaction_id": "tx-1", "label": "fraud", "labelled_at": "2026-10-04T00:00:00Z"}]},
    "lists": {"field": "customer_id", "value": "c-1", "list": "deny", "expires_at": "2027-01-01T00:00:00Z"},
}


class EscapedError(Exception):
    """Something other than a refusal came of an input."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    for number, given in enumerate(inputs(options.inputs, options.seed, VALID)):
        try:
            outcomes[given.path, outcome(given)] += 1
        except EscapedError as error:
            print(f"input {number} of seed {options.seed}: {error}", file=sys.stderr)
            return 1
    for (path, what), number in sorted(outcomes.items()):
        report("fuzz_inputs", number, "inputs", path=path, outcome=what)
    report("fuzz_rate", options.inputs / (time.perf_counter() - started), "inputs/s")
    return 0


def outcome(given: Input) -> str:
    """taken, or the code of the refusal."""
    try:
        event = {"body": given.body, "isBase64Encoded": given.is_base64}
        payload = body.read(event, body.LARGEST_BATCH if given.path == "batch" else body.LARGEST)
        READERS[given.path](payload)
    except ProblemError as problem:
        json.dumps(problem.document).encode()
        return problem.code
    except InvalidTransaction as invalid:
        json.dumps([invalid.field, invalid.message]).encode()
        return "invalid_field"
    except Exception as error:
        raise EscapedError(f"{type(error).__name__}: {error} of {given!r:.2000}") from error
    return "taken"


def _read_transaction(payload: Any, by: Schema = SCHEMA) -> None:
    """What is taken can also be computed with and kept."""
    transaction = HIDDEN.hide(by, by.validate(payload))
    computed = features.compute(by, transaction)
    content = decisions.content_of(transaction, by.timestamp)
    json.dumps([transaction.id, content, computed], allow_nan=False, ensure_ascii=False).encode()


def _read_batch(payload: dict[str, Any]) -> None:
    for transaction in batch.read(payload):
        try:
            _read_transaction(transaction)
        except InvalidTransaction as invalid:
            json.dumps([invalid.field, invalid.message]).encode()


def _read_labels(payload: dict[str, Any]) -> None:
    for one in label.read(payload, NOW):
        json.dumps([one.transaction_id, one.label, str(one.labelled_at)]).encode()


def _read_entry(payload: dict[str, Any]) -> None:
    found = entry.read(payload, SCHEMA, NOW, HIDDEN.of)
    json.dumps([found.key, found.list, found.note]).encode()


READERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "score": _read_transaction,
    "score, times counted": partial(_read_transaction, by=COUNTED),
    "batch": _read_batch,
    "labels": _read_labels,
    "lists": _read_entry,
}

if __name__ == "__main__":
    sys.exit(main())
