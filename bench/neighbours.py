"""DynamoDB, the endpoint and S3 as the scoring function meets them, each with an answer that is made beforehand: what
they themselves take is next to nothing, so that a figure is the caller's.

`python -m bench.neighbours FOLDER`: prediction.json in the folder is the endpoint's answer, all else the bucket's
objects. Prints its port.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

PREDICTION = "prediction.json"
LISTS = b'{"Responses": {}, "UnprocessedKeys": {}}'
NO_KEY = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
LISTED = '<ListBucketResult><Contents><Key>{0}</Key><ETag>"{0}"</ETag><Size>1</Size></Contents></ListBucketResult>'
NOTHING_LISTED = b"<ListBucketResult></ListBucketResult>"


class Neighbours(asyncio.Protocol):
    def __init__(self, folder: Path) -> None:
        self._folder, self._received = folder, b""
        self._prediction = (folder / PREDICTION).read_bytes()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            length = int(headers.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self._received = rest[length:]
            status, body = self._answer(head.split(b" ", 2), headers.get(b"x-amz-target", b"").strip())
            self._transport.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    def _answer(self, line: list[bytes], target: bytes) -> tuple[bytes, bytes]:
        if target:
            return b"200 OK", LISTS if b"batchgetitem" in target else b"{}"
        path = unquote(line[1].decode())
        if path.startswith("/endpoints/"):
            return b"200 OK", self._prediction
        bucket_path, _, query = path.partition("?")
        if "list-type=2" in query:
            (key,) = (pair.partition("=")[2] for pair in query.split("&") if pair.startswith("prefix="))
            return b"200 OK", LISTED.format(key).encode() if (self._folder / key).exists() else NOTHING_LISTED
        found = self._folder / bucket_path.split("/", 2)[2]
        return (b"200 OK", found.read_bytes()) if found.is_file() else (b"404 Not Found", NO_KEY)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """In a process of their own; the address that AWS_ENDPOINT_URL takes."""
    command = [sys.executable, "-m", "bench.neighbours", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


async def serve(folder: Path) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Neighbours(folder), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
