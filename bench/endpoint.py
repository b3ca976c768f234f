"""The endpoint's process as the container runs it: gunicorn and Flask around the model, without nginx, one connection.
Beside it /ping, which is what gunicorn and Flask take themselves. The client is a socket: Python's own takes as long as
they do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.figures import latencies, report_latencies
from local.sagemaker.serving import image

ROOT = Path(__file__).parents[1]
HEAD = "Host: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
STARTS_WITHIN = 60.0  # seconds


def one_row(folder: Path, requests: dict[str, str], calls: int, trees: int) -> None:
    """`requests` has a body by the name of its figure."""
    with serving(folder) as port, _connected(port) as connection:
        report_latencies("endpoint_ping", latencies(partial(_ask, connection, PING), calls))
        for figure, body in requests.items():
            taken = latencies(partial(_ask, connection, _request("POST", "/invocations", body)), calls)
            report_latencies(f"endpoint_{figure}", taken, trees=trees)


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The port of a process with one worker that has loaded the model."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        environment = os.environ | {
            "GUNICORN_CMD_ARGS": "--log-level warning",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{image.CONTAINER}",
            "SAGEMAKER_PROGRAM": "model.inference",
            "SM_MODEL_DIR": str(folder),
        }
        command = image.command(Path(sys.executable), {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}, listener.fileno())
        process = subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()])
    try:
        _wait_until_loaded(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_loaded(port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            with _connected(port) as connection:
                _ask(connection, PING)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _request(method: str, path: str, body: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\n{HEAD}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


PING = _request("GET", "/ping")


def _ask(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    with connection.makefile("rb") as answer:
        status, length = answer.readline(), 0
        while header := answer.readline().strip():
            name, _, value = header.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
        body = answer.read(length)
    if not status.startswith(b"HTTP/1.1 200 ") or len(body) < length:
        raise RuntimeError(f"the endpoint answered {status!r} {body[:500]!r}")
    return body
