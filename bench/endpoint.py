"""The endpoint's process as the container runs it: gunicorn and Flask around the model, without nginx, one connection.
Beside it /ping, which is what gunicorn and Flask take themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from bench.figures import latencies, report_latencies
from local.sagemaker.serving import image

ROOT = Path(__file__).parents[1]
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
STARTS_WITHIN = 60.0  # seconds


def one_row(folder: Path, requests: dict[str, str], calls: int, trees: int) -> None:
    """`requests` has a body by the name of its figure."""
    with serving(folder) as port, closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        report_latencies("endpoint_ping", latencies(partial(_ask, connection, "GET", "/ping", None), calls))
        for figure, body in requests.items():
            taken = latencies(partial(_ask, connection, "POST", "/invocations", body), calls)
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
            with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                _ask(connection, "GET", "/ping", None)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _ask(connection: HTTPConnection, method: str, path: str, body: str | None) -> bytes:
    connection.request(method, path, body, HEADERS)
    answer = connection.getresponse()
    read = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {read[:500]!r}")
    return read
