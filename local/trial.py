"""Scores a few transactions of the user's files through the REST API, as a first proof that everything works."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import urllib3

from local import rows
from local.errors import LocalError
from local.rows import Example
from local.stack import Stack

WANTED = {"legit": 3, "fraud": 2}
TRIES = 50
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Scored:
    request: dict[str, Any]
    label: str
    answer: dict[str, Any]


def score_some(stack: Stack, model: str, path: Path) -> list[Scored]:
    wait_until_noticed(stack)
    contract = stack.client("s3").get_object(Bucket=stack.bucket, Key=f"runs/{model}/contract.json")["Body"].read()
    schema = json.loads(contract)["schema"]
    examples = rows.afterwards(rows.examples(path, schema), schema["timestamp"])
    now = int(time.time())
    ids = (f"up-{now}-{number}" for number in count(1))
    scored = [item for kind, wanted in WANTED.items() for item in _latest(stack, examples, kind, wanted, ids)]
    return scored or _latest(stack, examples, "unknown", sum(WANTED.values()), ids)


def _latest(stack: Stack, examples: list[Example], kind: str, wanted: int, ids: Iterator[str]) -> list[Scored]:
    """Late ones, in the order they happened. A row that is refused is one that the training has set aside, too."""
    found: list[Scored] = []
    of_kind = [example for example in examples if example.label == kind]
    for example in of_kind[-TRIES:]:
        if len(found) == wanted:
            break
        request = {"transaction_id": next(ids), **example.request}
        answer = score(stack, request)
        if answer is not None:
            found.append(Scored(request, kind, answer))
    return found


def wait_until_noticed(stack: Stack) -> None:
    """The function looks for the first model every few seconds; until then it decides without one."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        status, answer = ask("GET", f"{stack.api_url}/health", stack.api_key)
        if answer.get("status") == "ok":
            return
        if status not in (200, 503) or time.monotonic() > deadline:
            raise LocalError(f"GET {stack.api_url}/health answered {status}: {json.dumps(answer)[:500]}")
        time.sleep(1)


def score(stack: Stack, request: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of POST /score, None for 422. One that no model gave is no proof of anything."""
    status, answer = ask("POST", f"{stack.api_url}/score", stack.api_key, request)
    if status == 422:
        return None
    if status != 200 or answer["model"] is None:
        raise LocalError(f"POST {stack.api_url}/score answered {status}: {json.dumps(answer)[:500]}")
    return answer


def ask(method: str, url: str, key: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    headers = {"content-type": "application/json", "x-api-key": key}
    answer = urllib3.request(method, url, body=body and json.dumps(body), headers=headers, timeout=60, retries=False)
    try:
        return answer.status, answer.json()
    except ValueError:
        return answer.status, {"body": answer.data.decode(errors="replace")}
