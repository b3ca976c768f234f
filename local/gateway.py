"""API Gateway's limit on requests, which MiniStack does not have: a larger body than Lambda takes is answered 413."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

LARGEST_BODY = 6 * 1024 * 1024  # Lambda's limit; API Gateway's own is 10 MB and the answer is the same
TOO_LONG = b'{"message":"Request Too Long"}'
API_PATHS = ("/_aws/execute-api/", "/restapis/")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


def limited(application: Application, largest: int = LARGEST_BODY) -> Application:
    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not calls_an_api(scope):
            await application(scope, receive, send)
            return
        messages, size = [], 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if size <= largest:
                messages.append(message)
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        if size > largest:  # answered only now, for few clients read an answer before they have sent everything
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(TOO_LONG)).encode())]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": TOO_LONG})
            return
        replay = iter(messages)

        async def receive_again() -> Message:
            return next(replay, None) or await receive()

        await application(scope, receive_again, send)

    return serve


def calls_an_api(scope: Any) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return scope["path"].startswith(API_PATHS) or any(b".execute-api." in host for host in hosts)
