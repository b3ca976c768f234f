"""DynamoDB with too little capacity: a proxy before the stack, through which its functions reach their tables."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

from .stack import Stack

REFUSAL = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
).encode()
OF_THE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"})


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target: str, share: float) -> None:
        super().__init__(("127.0.0.1", 0), Forward)
        self.target, self.share, self.throttled = target, share, 0
        self.pool, self.chance = urllib3.PoolManager(maxsize=256), random.Random(9)


class Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.chance.random() < self.server.share:
            self.server.throttled += 1
            return self._answer(400, {"Content-Type": "application/x-amz-json-1.0"}, REFUSAL)
        found = self.server.pool.request(
            "POST", self.server.target + self.path, body=body, headers=dict(self.headers), retries=False
        )
        return self._answer(found.status, dict(found.headers), found.data)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def throttled_tables(stack: Stack, share: float) -> Iterator[Proxy]:
    """While the block runs, that share of what scoring asks of DynamoDB is refused."""
    proxy = Proxy(stack.endpoint_url, share)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        with stack.variables("score", AWS_ENDPOINT_URL_DYNAMODB=f"http://127.0.0.1:{proxy.server_port}"):
            yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
