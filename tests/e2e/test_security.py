"""Callers who should not be let in, and ways around the door."""

import http.client
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from .stack import Stack

REFUSED = {400, 403, 404, 414}


def raw(stack: Stack, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    """A request as it is written: no library tidies its path or its headers."""
    base = urlsplit(stack.api_url)
    assert base.hostname
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=30)
    connection.putrequest(method, f"{base.path}{path}", skip_accept_encoding=True)
    sent = {"x-api-key": stack.api_key, "content-length": str(len(body or b""))} | headers
    for name, value in sent.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


@pytest.fixture
def metered(stack: Stack) -> Iterator[dict[str, str]]:
    """A key of another caller, who may send three requests a day."""
    gateway = stack.client("apigateway")
    key = gateway.create_api_key(name=f"metered-{os.urandom(4).hex()}", enabled=True)
    stages = [{"apiId": stack.outputs["ApiId"], "stage": "v1"}]
    quota = {"limit": 3, "period": "DAY"}
    plan = gateway.create_usage_plan(name=f"metered-{os.urandom(4).hex()}", apiStages=stages, quota=quota)
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    yield {"x-api-key": key["value"]}
    gateway.delete_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"])
    gateway.update_usage_plan(
        usagePlanId=plan["id"],
        patchOperations=[{"op": "remove", "path": "/apiStages", "value": f"{stages[0]['apiId']}:v1"}],
    )
    gateway.delete_usage_plan(usagePlanId=plan["id"])
    gateway.delete_api_key(apiKey=key["id"])


def test_a_key_over_its_quota_gets_429_and_others_go_on(stack: Stack, metered: dict[str, str]) -> None:
    statuses = [stack.get("/model", headers=metered).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = stack.get("/model", headers=metered)
    assert refused.json()["error"]["code"] == "quota_exceeded" and refused.headers["x-request-id"]
    assert stack.get("/model").status_code == 200


def test_a_key_without_a_usage_plan_opens_nothing(stack: Stack) -> None:
    gateway = stack.client("apigateway")
    key = gateway.create_api_key(name=f"stray-{os.urandom(4).hex()}", enabled=True)
    try:
        assert stack.get("/model", headers={"x-api-key": key["value"]}).status_code == 403
    finally:
        gateway.delete_api_key(apiKey=key["id"])


@pytest.mark.parametrize("stage", ["v2", "V1", "prod", ""])
def test_another_stage_leads_nowhere(stack: Stack, stage: str) -> None:
    elsewhere = stack.api_url.removesuffix("/v1") + (f"/{stage}" if stage else "")
    answer = requests.get(f"{elsewhere}/model", headers={"x-api-key": stack.api_key}, timeout=30)
    assert answer.status_code in {403, 404}


@pytest.mark.parametrize(
    "key",
    ["", " ", "' OR '1'='1", "x" * 5000, "null", "undefined"],
    ids=["empty", "blank", "sql", "long", "null", "no"],
)
def test_what_is_no_key_opens_nothing(stack: Stack, key: str) -> None:
    for path in ("/model", "/openapi.json", "/docs", "/decisions/x"):
        assert raw(stack, "GET", path, x_api_key=key)[0] in {403, 431}, path
    assert raw(stack, "GET", "/model?x-api-key=" + stack.api_key, x_api_key="")[0] == 403


PATHS = [
    "/../v1/model", "/%2e%2e/%2e%2e/model", "//model", "/model/", "/model%00", "/MODEL", "/score/../model", "/%",
    "/model;x=1", "/decisions/..%2f..%2fmodel", "/decisions/%00", "/decisions/%0d%0aX-Evil:%201", "/decisions/",
    "/decisions/" + "a" * 5000, "/decisions/%ff%fe", "/decisions/%25%32%66", "/decisions/a/b", "/decisions/*",
    "/decisions/{id}", "/decisions/$context.requestId", "/%u0000",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_tricks_with_paths_open_nothing_and_break_nothing(stack: Stack, path: str) -> None:
    for method in ("GET", "POST"):
        assert raw(stack, method, path, b"{}", x_api_key="wrong")[0] in {403, 404}
        status, headers, body = raw(stack, method, path, b"{}")
        assert status in REFUSED or (status == 200 and "model" in json.loads(body)), (status, body[:200])
        assert headers["X-Evil"] is None
    assert stack.get("/health").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"])
def test_other_methods_do_nothing(stack: Stack, method: str) -> None:
    for path in ("/score", "/lists", "/decisions/x", "/model"):
        assert 400 <= raw(stack, method, path, b"{}")[0] < 500


def test_headers_of_a_caller_do_not_become_those_of_the_answer(stack: Stack) -> None:
    evil = {"x_request_id": "evil", "x_amzn_trace_id": "evil", "cache_control": "public", "x_forwarded_host": "evil"}
    status, headers, body = raw(stack, "GET", "/health", **evil)
    assert status == 200
    assert headers["x-request-id"] != "evil" and headers["cache-control"] == "no-store"
    assert b"evil" not in body
    assert b"evil" not in raw(stack, "GET", "/openapi.json", **evil)[2]
