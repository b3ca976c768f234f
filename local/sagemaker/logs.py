"""Lines of a container to CloudWatch Logs, in batches, under the execution role: no permission, no logs."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.clients import Clients
from local.sagemaker.ports import AccessDeniedError
from local.sagemaker.threads import Threads

_PAUSE_SECONDS = 0.5
_BATCH_EVENTS = 5_000  # PutLogEvents takes 10,000
_BATCH_BYTES = 900_000  # PutLogEvents takes 1,048,576, 26 of them per event for itself

log = logging.getLogger(__name__)


class LogStream:
    def __init__(self, clients: Clients, threads: Threads, role_arn: str, group: str, stream: str) -> None:
        self._clients = clients
        self._threads = threads
        self._role = role_arn
        self._where = {"logGroupName": group, "logStreamName": stream}
        self._waiting: list[dict[str, Any]] = []
        self._made = False
        self._refused = False
        self._sender: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def line(self, text: str) -> None:
        if text and not self._refused:
            self._waiting.append({"timestamp": int(time.time() * 1000), "message": text})
            if self._sender is None or self._sender.done():
                self._sender = asyncio.create_task(self._send_soon())

    async def flush(self) -> None:
        """Return when all lines so far are where they belong."""
        self._hurry.set()
        while self._sender is not None and not self._sender.done():
            await asyncio.wait([self._sender])
        self._hurry.clear()

    async def _send_soon(self) -> None:
        while self._waiting and not self._refused:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_SECONDS):
                    await self._hurry.wait()
            await self._send()

    async def _send(self) -> None:
        while self._waiting and not self._refused:
            batch = self._next_batch()
            try:
                client = await self._clients.get("logs", self._role)
                await self._threads.run(self._put, client, batch)
            except (AccessDeniedError, BotoCoreError, ClientError) as error:
                self._refused = isinstance(error, AccessDeniedError) or "AccessDenied" in str(error)
                log.warning("log lines of %s are lost: %s", self._where["logStreamName"], error)

    def _next_batch(self) -> list[dict[str, Any]]:
        size, count = 0, 0
        for event in self._waiting[:_BATCH_EVENTS]:
            size += len(event["message"].encode()) + 26
            if size > _BATCH_BYTES and count:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _put(self, client: Any, batch: list[dict[str, Any]]) -> None:
        if not self._made:
            try:
                client.create_log_stream(**self._where)
            except client.exceptions.ResourceNotFoundException:
                with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
                    client.create_log_group(logGroupName=self._where["logGroupName"])
                client.create_log_stream(**self._where)
            self._made = True
        client.put_log_events(**self._where, logEvents=batch)
