"""S3, DynamoDB and a SageMaker endpoint that answer at once, and always the same: in memory, and on loopback."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

BUCKET = "bench"
ENVIRONMENT = {  # of the scoring function
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_SERVICE_NAME": "score",
    "BUCKET": BUCKET,
    "DECISIONS_TABLE": "decisions",
    "HISTORY_TABLE": "history",
    "LISTS_TABLE": "lists",
    "RETENTION_DAYS": "400",
    "SCORE_BUDGET_MS": "5000",
}
OPERATIONS: dict[str, dict[str, Any]] = {"GetItem": {}, "BatchGetItem": {"Responses": {}}, "TransactWriteItems": {}}


@dataclass(frozen=True)
class InMemory:
    """All three clients in one, as far as scoring calls them."""

    files: Mapping[str, bytes]
    prediction: bytes

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        found = self.files.get(request["Prefix"])
        listed = [] if found is None else [{"Key": request["Prefix"], "ETag": '"e"', "Size": len(found)}]
        return {"Contents": listed}

    def get_object(self, **request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.files[request["Key"]])}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return OPERATIONS["GetItem"]

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        return OPERATIONS["BatchGetItem"]

    def transact_write_items(self, **_: Any) -> dict[str, Any]:
        return OPERATIONS["TransactWriteItems"]

    def invoke_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.prediction)}


@contextmanager
def loopback(files: Mapping[str, bytes], prediction: bytes) -> Iterator[str]:
    """Their address. They are a process of their own, as services are."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, dict(files), prediction), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection, files: dict[str, bytes], prediction: bytes) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # an answer is one packet

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers.get("X-Amz-Target", "").partition(".")[2]
            self._answer(json.dumps(OPERATIONS[operation]).encode() if operation else prediction)

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if "list-type" in address.query:
                self._answer(_listing(files, parse_qs(address.query)["prefix"][0]), "application/xml")
            else:
                self._answer(files[address.path.removeprefix(f"/{BUCKET}/")])

        def _answer(self, body: bytes, kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not a word: standard output is for figures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.send(server.server_port)
    server.serve_forever()


def _listing(files: Mapping[str, bytes], prefix: str) -> bytes:
    items = [
        f"<Contents><Key>{key}</Key><ETag>&quot;e&quot;</ETag><Size>{len(body)}</Size></Contents>"
        for key, body in files.items()
        if key == prefix
    ]
    return f"<ListBucketResult>{''.join(items)}</ListBucketResult>".encode()
