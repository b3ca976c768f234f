"""Scores a few transactions of the user's files through the REST API, as a first proof that everything works."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from local import rows
from local.errors import LocalError
from local.stack import Stack

FRAUDS, LEGITS = 2, 3
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Scored:
    request: dict[str, Any]
    label: str
    answer: dict[str, Any]


def score_some(stack: Stack, model: str, path: Path) -> list[Scored]:
    contract = stack.client("s3").get_object(Bucket=stack.bucket, Key=f"runs/{model}/contract.json")["Body"].read()
    schema = json.loads(contract)["schema"]
    ids = (f"up-{int(time.time())}-{number}" for number in range(1, FRAUDS + LEGITS + 1))
    chosen = rows.examples(path, schema, FRAUDS, LEGITS, ids)
    return [Scored(example.request, example.label, score(stack, example.request)) for example in chosen]


def score(stack: Stack, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of POST /score. A 503 means that the function has not noticed the model yet."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        status, answer = post(f"{stack.api_url}/score", stack.api_key, request)
        if status == 200:
            return answer
        if status != 503 or time.monotonic() > deadline:
            raise LocalError(f"POST {stack.api_url}/score answered {status}: {json.dumps(answer)[:500]}")
        time.sleep(1)


def post(url: str, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    headers = {"content-type": "application/json", "x-api-key": key}
    answer = urllib3.request("POST", url, body=json.dumps(body), headers=headers, timeout=60, retries=False)
    try:
        return answer.status, answer.json()
    except ValueError:
        return answer.status, {"body": answer.data.decode(errors="replace")}
