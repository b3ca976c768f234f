"""S3, DynamoDB and a SageMaker endpoint that answer at once, and always the same: in memory, and on loopback."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, cast
from urllib.parse import SplitResult, parse_qs, urlsplit

BUCKET = "bench"


@dataclass(frozen=True)
class InMemory:
    """All three clients in one, as far as scoring calls them."""

    files: Mapping[str, bytes]
    prediction: bytes
    looked_up: Mapping[str, Any]  # what DynamoDB answers to a BatchGetItem

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        found = self.files.get(request["Prefix"])
        listed = [] if found is None else [{"Key": request["Prefix"], "ETag": '"e"', "Size": len(found)}]
        return {"Contents": listed}

    def get_object(self, **request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.files[request["Key"]])}

    def batch_get_item(self, **_: Any) -> Mapping[str, Any]:
        return self.looked_up

    def transact_write_items(self, **_: Any) -> dict[str, Any]:
        return {}

    def invoke_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.prediction)}


@contextmanager
def loopback(answers: InMemory) -> Iterator[str]:
    """The same clients' address. They are a process of their own, as services are."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, answers), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection, answers: InMemory) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Answers(answers), "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


class Answers(asyncio.Protocol):
    """As little of HTTP as botocore's clients need: what a request takes here is part of no figure."""

    def __init__(self, answers: InMemory) -> None:
        self._files, self._prediction, self._received = answers.files, answers.prediction, b""
        self._tables = {"batchgetitem": json.dumps(answers.looked_up).encode(), "transactwriteitems": b"{}"}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            length = int(headers.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self._received = rest[length:]
            path, target = head.split(b" ", 2)[1].decode(), headers.get(b"x-amz-target", b"").decode()
            body = self._answer(urlsplit(path), target.partition(".")[2])
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def _answer(self, address: SplitResult, operation: str) -> bytes:
        if operation:
            return self._tables[operation]
        if address.path.startswith("/endpoints/"):
            return self._prediction
        if "list-type" in address.query:
            return _listing(self._files, parse_qs(address.query)["prefix"][0])
        return self._files[address.path.removeprefix(f"/{BUCKET}/")]


def _listing(files: Mapping[str, bytes], prefix: str) -> bytes:
    items = [
        f"<Contents><Key>{key}</Key><ETag>&quot;e&quot;</ETag><Size>{len(body)}</Size></Contents>"
        for key, body in files.items()
        if key == prefix
    ]
    return f"<ListBucketResult>{''.join(items)}</ListBucketResult>".encode()
