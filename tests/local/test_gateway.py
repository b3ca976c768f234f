"""The limit on API requests, without a server."""

import asyncio
from typing import Any

import pytest

from local.gateway import Message, limited

API = {"type": "http", "path": "/_aws/execute-api/abc/v1/score", "headers": [(b"host", b"127.0.0.1:4566")]}


def exchange(scope: dict[str, Any], *chunks: bytes) -> tuple[int, bytes, bytes | None]:
    """Status and body of the answer, and what the application behind the limit read."""
    incoming = [
        {"type": "http.request", "body": chunk, "more_body": at < len(chunks)} for at, chunk in enumerate(chunks, 1)
    ]
    sent: list[Message] = []
    read: list[bytes] = []

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def application(_scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            read.append(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    asyncio.run(limited(application, largest=10)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], b"".join(read) if read else None


def test_a_body_up_to_the_limit_arrives_unchanged() -> None:
    assert exchange(API, b"12345", b"67890") == (200, b"ok", b"1234567890")
    assert exchange(API, b"") == (200, b"ok", b"")


def test_a_larger_body_is_answered_in_api_gateways_words_after_it_was_read() -> None:
    assert exchange(API, b"12345", b"67890", b"1") == (413, b'{"message":"Request Too Long"}', None)


@pytest.mark.parametrize(
    "scope",
    [
        {**API, "path": "/v1/score", "headers": [(b"host", b"abc.execute-api.localhost:4566")]},
        {**API, "path": "/restapis/abc/v1/_user_request_/score"},
    ],
)
def test_every_address_of_an_api_is_limited(scope: dict[str, Any]) -> None:
    assert exchange(scope, b"12345678901")[0] == 413


def test_other_services_take_more() -> None:
    assert exchange({**API, "path": "/bucket/key"}, b"12345678901")[0] == 200
