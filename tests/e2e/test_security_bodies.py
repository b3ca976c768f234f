"""Requests of callers with a key that mean no good: refused, and nothing of their bodies in any log."""

import gzip
import json
import os
import time
from typing import Any

import pytest

from .stack import Stack, wait_for

Transactions = list[dict[str, Any]]
JSON = {"content-type": "application/json"}
REFUSED = {400, 403, 404, 405, 413, 415, 422}


def test_compressed_bodies_are_refused_however_much_they_would_become(stack: Stack, transactions: Transactions) -> None:
    small = gzip.compress(json.dumps(transactions[0]).encode())
    bomb = gzip.compress(b'{"transaction_id": "' + b"x" * 50_000_000 + b'"}')
    for body in (small, bomb):
        started = time.monotonic()
        answer = stack.post("/score", data=body, headers=JSON | {"content-encoding": "gzip"})
        assert answer.status_code in REFUSED, answer.text
        assert time.monotonic() - started < 20
    assert stack.get(f"/decisions/{transactions[0]['transaction_id']}").status_code == 404


@pytest.mark.parametrize(("path", "size"), [("/score/batch", 2**20 + 1), ("/labels", 2**16 + 1), ("/lists", 2**16 + 1)])
def test_a_body_over_its_paths_bound_is_refused_unread(stack: Stack, path: str, size: int) -> None:
    body = b'{"x": "' + b"x" * (size - 9) + b'"}'
    answer = stack.post(path, data=body, headers=JSON)
    assert len(body) == size
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_large")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/octet-stream"]
)
def test_a_body_of_another_kind_is_json_or_refused(stack: Stack, content_type: str) -> None:
    answer = stack.post("/score", data=b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
                        headers={"content-type": content_type})  # fmt: skip
    assert answer.status_code in REFUSED
    assert "root:" not in answer.text


@pytest.mark.parametrize("name", ["a\nb", "a\x00", "\x1b[2J", "a\u202eb", "a\u0085", "\ud800", "a\tb", "é", "{}" * 33])
def test_ids_are_printable_ascii_everywhere(stack: Stack, transactions: Transactions, name: str) -> None:
    sent = {
        "/score": transactions[0] | {"transaction_id": name},
        "/labels": {"transaction_id": name, "label": "fraud"},
        "/score/batch": {"transactions": [transactions[0] | {"transaction_id": name}]},
    }
    for path, payload in sent.items():
        answer = stack.post(path, data=json.dumps(payload).encode(), headers=JSON)
        error = answer.json()["error"] if path != "/score/batch" else answer.json()["decisions"][0]["error"]
        assert error["field"].endswith("transaction_id"), answer.text
        assert name not in answer.text


@pytest.mark.parametrize(
    "entry",
    [
        {"field": "transaction_id", "value": "x"},
        {"field": "__class__", "value": "x"},
        {"field": "card_id#x", "value": "x"},
        {"field": {"S": "card_id"}, "value": "x"},
        {"field": "card_id", "value": {"S": "x"}},
        {"field": "card_id", "value": "x", "entity": "card_id#0"},
        {"field": "card_id", "value": "x", "note": "a\nb"},
        {"field": "card_id", "value": "x", "list": "deny#allow"},
        {"field": "card_id", "value": "x", "expires_at": "2999-01-01T00:00:00Z' OR 1"},
    ],
    ids=range(9),
)
def test_lists_take_fields_of_the_schema_and_nothing_that_only_looks_so(stack: Stack, entry: dict[str, Any]) -> None:
    answer = stack.post("/lists", json={"list": "deny"} | entry)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_field")


def test_an_entry_whose_value_imitates_a_key_lists_nobody_else(stack: Stack, transactions: Transactions) -> None:
    card = f"card-{os.urandom(4).hex()}"
    for value in (f"{card}#", f"card_id#{card}", f"{card}\u0000"[:-1] + " x", card.upper()):
        assert stack.post("/lists", json={"field": "card_id", "value": value, "list": "deny"}).status_code == 200
    stack.post("/score", json=transactions[1] | {"card_id": card})
    assert "lists" not in stack.get(f"/decisions/{transactions[1]['transaction_id']}").json()


RULES = {
    "a YAML object": "rules: !!python/object/apply:os.system ['true']\n",
    "an anchor": "a: &a [x, x]\nrules: [*a, *a]\n",
    "attributes": "rules:\n  - {name: evil, when: 'features.__class__ == 1', outcome: approve}\n",
    "a call": "rules:\n  - {name: evil, when: '__import__(1) == 1', outcome: approve}\n",
    "a macro": "rules:\n  - {name: evil, when: '[1].all(x, x > 0)', outcome: approve}\n",
    "a costly pattern": "rules:\n  - {name: evil, when: 'currency.matches(\"(a+)+$\\\\w{100}\")', outcome: approve}\n",
}


@pytest.mark.parametrize("content", RULES.values(), ids=RULES)
def test_a_rules_file_cannot_run_anything_and_the_old_rules_hold(
    stack: Stack, transactions: Transactions, content: str
) -> None:
    stack.post("/score", json=transactions[2])
    before = stack.get(f"/decisions/{transactions[2]['transaction_id']}").json()["rules_version"]
    with stack.inbox() as inbox:
        stack.upload("config/rules.yaml", content.encode())
        try:
            inbox.wait_for("rules", seconds=120)
        finally:
            stack.s3.delete_object(Bucket=stack.bucket, Key="config/rules.yaml")
    stack.post("/score", json=transactions[3])
    assert stack.get(f"/decisions/{transactions[3]['transaction_id']}").json()["rules_version"] == before


def test_nothing_of_a_body_is_in_any_log(stack: Stack, transactions: Transactions) -> None:
    mark = f"mark{os.urandom(6).hex()}"
    good = transactions[4] | {"customer_id": f"c-{mark}", "email": f"{mark}@example.com"}
    list_entry = {"field": "customer_id", "value": mark, "list": "deny", "note": mark}
    label = {"transaction_id": good["transaction_id"], "label": mark}
    bodies: list[tuple[str, bytes]] = [
        ("/score", json.dumps(good).encode()),
        ("/score", json.dumps(good | {"amount": 1.5}).encode()),  # other content
        ("/score", json.dumps(good | {"amount": mark}).encode()),
        ("/score", json.dumps(good | {mark: 1}).encode()),
        ("/score", json.dumps(good | {"transaction_id": mark + "\n"}).encode()),
        ("/score", f'{{"{mark}": '.encode()),
        ("/score", f'{{"{mark}": 1, "{mark}": 2}}'.encode()),
        ("/score", b"\xff" + mark.encode()),
        ("/score", gzip.compress(mark.encode())),
        ("/score", f'["{mark}"]'.encode()),
        ("/score/batch", json.dumps({"transactions": [good | {"timestamp": mark}, mark, {mark: mark}]}).encode()),
        ("/score/batch", json.dumps({mark: [mark]}).encode()),
        ("/labels", json.dumps(label).encode()),
        ("/labels", json.dumps(label | {"label": "fraud", "labelled_at": mark}).encode()),
        ("/lists", json.dumps(list_entry).encode()),
        ("/lists", json.dumps(list_entry | {"list": mark}).encode()),
        ("/lists", json.dumps(list_entry | {"field": mark}).encode()),
    ]
    since = int(time.time() * 1000)
    statuses = [stack.post(path, data=body, headers=JSON).status_code for path, body in bodies]
    assert set(statuses) <= {200, 409} | REFUSED and statuses[0] == 200
    stack.get(f"/decisions/{mark}")
    stack.get(f"/model?{mark}={mark}")
    ran = sum(status in {200, 409, 422} for status in statuses)  # of the others the gateway may refuse some by itself

    def logged() -> list[str] | None:
        lines = list(stack.logged_lines(since))
        return lines if sum("REPORT RequestId" in line for line in lines) >= ran else None

    lines = wait_for("the logs of these requests", logged, 60)
    assert [line for line in lines if mark in line] == []
