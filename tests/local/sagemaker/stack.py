"""Our SageMaker behind a small HTTP bridge in a thread of its own, with a neighbour's S3 and CloudWatch Logs."""

import asyncio
import concurrent.futures
import fnmatch
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.sagemaker.ports import AccessDeniedError
from local.sagemaker.service import SageMaker
from local.sagemaker.settings import Settings

REGION, ACCOUNT = "us-east-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sagemaker"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
_ENDED: "list[Stack]" = []  # kept, so that nothing of theirs is tidied up: a killed process tidies nothing
FAST = Settings(
    stop_grace_seconds=0.3,
    health_check_seconds=20,
    restart_pause_seconds=0.05,
    event_delay_seconds=0.1,
    recovery_wait_seconds=10,
)


class FakePorts:
    """IAM as two lists, the event bus as another."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self.denied: list[tuple[str, str]] = []  # patterns of action and ARN
        self.unknown_roles: list[str] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.events: list[tuple[str, list[str], dict[str, Any]]] = []
        self.watch: Callable[[dict[str, Any]], None] = lambda _: None

    def authorise(self, headers: Mapping[str, str], action: str, resource_arn: str, context: Mapping[str, str]) -> None:
        self.asked.append((action, resource_arn, dict(context)))
        for denied, arn in self.denied:
            if fnmatch.fnmatch(action, denied) and fnmatch.fnmatch(resource_arn, arn):
                raise AccessDeniedError(f"User: me is not authorized to perform: {action} on resource: {resource_arn}")

    def role_credentials(self, role_arn: str) -> Mapping[str, Any]:
        if role_arn in self.unknown_roles:
            raise AccessDeniedError(f"Could not assume role {role_arn}.")
        return {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "secret", "SessionToken": "token"}

    def publish(self, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        self.watch(detail)
        self.events.append((detail_type, resources, detail))


class Stack:
    """One life of the process that holds SageMaker; `kill` ends it as kill -9 would, `close` as `down` does."""

    def __init__(self, ports: FakePorts, state: Path, settings: Settings = FAST) -> None:
        self.ports = ports
        self.state = state
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = self.run(self._open())
        self.sagemaker = self.client("sagemaker")
        self.runtime = self.client("sagemaker-runtime")
        self.s3 = self.client("s3", ports.endpoint_url)
        self.logs = self.client("logs", ports.endpoint_url)

    def client(self, service: str, endpoint_url: str | None = None) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=endpoint_url or f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id="caller",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=90, proxies={}),
        )

    def processes(self) -> list[int]:
        """Ids of the processes that are under way."""
        return [int(note.stem) for note in (self.state / "processes").glob("*.json")]

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        if self._thread.is_alive():
            self.run(self._close())
            self.kill()

    def kill(self) -> None:
        """What SageMaker started lives on, and nothing more is written."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        _ENDED.append(self)

    async def _open(self) -> int:
        self._service = SageMaker(self.ports, self.state, Path(sys.executable), REGION, ACCOUNT, self._settings)
        await self._service.start()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await self._service.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                length = next((int(value) for name, value in headers.items() if name.lower() == "content-length"), 0)
                if headers.get("Expect"):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await reader.readexactly(length)
                status, answer_headers, answer = await self._service.handle(method, path, headers, body, {})
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(answer)}"]
                lines += [f"{name}: {value}" for name, value in answer_headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()


def wait_for(condition: Callable[[], Any], seconds: float = 40) -> Any:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.03)
    raise AssertionError(f"still not true after {seconds} s: {condition}")


def in_background(work: Callable[[], Any]) -> "concurrent.futures.Future[Any]":
    return concurrent.futures.ThreadPoolExecutor(1).submit(work)
