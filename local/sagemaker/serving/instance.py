"""One instance of a variant: a gunicorn process that is health-checked, brought back when it dies, and stopped."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Mapping

from local.sagemaker.logs import LogStream
from local.sagemaker.ports import AccessDeniedError
from local.sagemaker.processes import Process
from local.sagemaker.serving.connection import Answer, ConnectionLostError, Connections
from local.sagemaker.serving.image import Image

_PING_SECONDS = 2.0
_PING_PAUSE_SECONDS = 0.1
_FAILED_PING_PAUSE_SECONDS = 1.0  # each one tries to load the model and logs why it cannot
_LONGEST_PAUSE_SECONDS = 10.0
_SHORT_LIFE_SECONDS = 5.0
_TERM_SECONDS = 5.0  # 30 in AWS


class NeverHealthyError(Exception):
    """No 200 from /ping in the time that is given for it."""


class Instance:
    def __init__(self, image: Image, logs: LogStream) -> None:
        self._image = image
        self._settings = image.machine.settings
        self._logs = logs
        self._process: Process | None = None
        self._connections: Connections | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.up = False
        self.in_flight = 0

    async def start(self, timeout: float) -> None:
        """Return when the instance serves; from then on it is kept up."""
        deadline = _clock() + timeout
        for _ in range(self._settings.starts_before_giving_up):
            if await self._launch(deadline):
                self.keep_up()
                return
            if _clock() >= deadline:
                break
            await asyncio.sleep(self._settings.restart_pause_seconds)
        raise NeverHealthyError

    def keep_up(self) -> None:
        self._keeper = asyncio.create_task(self._keep_up())

    async def exchange(self, headers: Mapping[str, str], body: bytes) -> Answer:
        connections = self._connections
        if connections is None:
            raise ConnectionLostError("the instance is not up")
        return await connections.exchange("POST", "/invocations", headers, body)

    def give_up(self) -> None:
        """A worker that hangs is killed, as gunicorn's own timeout would; the keeper starts the next."""
        self.up = False
        if self._process is not None:
            self._process.kill()

    def log(self, line: str) -> None:
        self._logs.line(line)

    async def stop(self) -> None:
        self.up = False
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._end_process(gently=True)
        await self._logs.flush()

    async def _keep_up(self) -> None:
        pause = self._settings.restart_pause_seconds
        while True:
            if self._process is not None:
                born = _clock()
                code = await self._process.wait()
                self.up = False
                self.log(f"The container ended with exit code {code}; it is started again.")
                if _clock() - born > _SHORT_LIFE_SECONDS:
                    pause = self._settings.restart_pause_seconds
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            try:
                launched = await self._launch(_clock() + self._settings.health_check_seconds)
            except (AccessDeniedError, OSError) as error:
                self.log(f"The container does not start: {error}")
                launched = False
            if not launched:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _launch(self, deadline: float) -> bool:
        """A new process; True once it answers /ping, False when it ended or the time is over."""
        await self._end_process(gently=False)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._process = await self._image.machine.processes.start(
                self._image.command(listener.fileno()),
                environment=self._image.environment(),
                directory=self._image.code,
                reader=self._logs.line,
                pass_fds=[listener.fileno()],
            )
            self._connections = Connections(listener.getsockname()[1])
        while self._process.running and _clock() < deadline:
            status = await self._ping(self._connections)
            if status == 200:
                self.up = True
                return True
            await asyncio.sleep(_FAILED_PING_PAUSE_SECONDS if status else _PING_PAUSE_SECONDS)
        await self._end_process(gently=False)
        return False

    async def _ping(self, connections: Connections) -> int | None:
        try:
            async with asyncio.timeout(_PING_SECONDS):
                return (await connections.exchange("GET", "/ping", {})).status
        except (ConnectionLostError, TimeoutError):
            return None

    async def _end_process(self, *, gently: bool) -> None:
        if self._connections is not None:
            self._connections.close()
        if self._process is None:
            return
        if gently:
            self._process.signal_leader(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TERM_SECONDS):
                    await self._process.wait()
        self._process.kill()
        await self._process.wait()
        self._process = None


def _clock() -> float:
    return asyncio.get_running_loop().time()
