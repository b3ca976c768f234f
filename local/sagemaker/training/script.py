"""The script's process: watched until it ends or has to, while its checkpoints go to S3."""

import asyncio
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.sagemaker.machine import Machine
from local.sagemaker.state import Record
from local.sagemaker.threads import Threads
from local.sagemaker.training import container, record, results
from local.sagemaker.training.request import CHECKPOINTS, DAY

_CHECKPOINT_SECONDS = 5.0


class StoppedEarlyError(Exception):
    """The job ends before its script does; `status` is its last secondary status."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Checkpoints:
    """The job's checkpoint directory and its copy in S3, if it asked for one."""

    def __init__(self, threads: Threads, s3: Any, job: Record, tree: container.Tree) -> None:
        self._threads = threads
        self._s3 = s3
        self._config: Record | None = job.get("CheckpointConfig")
        path = (self._config or {}).get("LocalPath", CHECKPOINTS)
        self._directory = tree.place(path)
        self._saved: dict[str, tuple[int, int]] = {}

    async def restore(self) -> None:
        if self._config:
            await self._threads.run(results.restore_checkpoints, self._s3, self._config["S3Uri"], self._directory)

    async def save(self) -> None:
        if self._config:
            uri = self._config["S3Uri"]
            await self._threads.run(results.save_checkpoints, self._s3, uri, self._directory, self._saved)


class Script:
    def __init__(
        self,
        machine: Machine,
        job: Record,
        stop: asyncio.Event,
        checkpoints: Checkpoints,
        line: Callable[[str], None],
    ) -> None:
        self._machine = machine
        self._job = job
        self._stop = stop
        self._checkpoints = checkpoints
        self._line = line

    async def run(self, words: list[str], variables: Mapping[str, str], directory: Path) -> str | None:
        """None for success, else the FailureReason; StoppedEarlyError when the time is over or somebody stops it."""
        for name, value in sorted(variables.items()):
            if name.startswith("SM_"):
                self._line(f"{name}={value}")  # as in AWS: whatever the script is given can be read in the log
        self._line("Invoking script with the following command:")
        self._line(shlex.join(words))
        process = await self._machine.processes.start(
            words, environment=variables, directory=directory, reader=self._line
        )
        end, stop = asyncio.create_task(process.wait()), asyncio.create_task(self._stop.wait())
        try:
            interrupted = await self._watch(end, stop)
            if interrupted:
                # As in AWS the script hears no SIGTERM: the container's first process keeps it to itself.
                if not self._stop.is_set():
                    record.move(self._machine, self._job, "Stopping", "Stopping")
                await asyncio.wait([end], timeout=self._machine.settings.stop_grace_seconds)
                process.kill()
            code = await end
        finally:
            stop.cancel()
            process.kill()
        await self._checkpoints.save()
        if interrupted:
            raise StoppedEarlyError(interrupted)
        return container.failure_reason(words, code) if code else None

    async def _watch(self, end: asyncio.Task[int], stop: asyncio.Task[Any]) -> str | None:
        """The secondary status that the job has to stop with; None when the script ended by itself."""
        while True:
            left = {
                "MaxRuntimeExceeded": seconds_left(self._job, "MaxRuntimeInSeconds", "TrainingStartTime", DAY),
                "MaxWaitTimeExceeded": seconds_left(self._job, "MaxWaitTimeInSeconds", "CreationTime"),
            }
            pause = min(_CHECKPOINT_SECONDS, *(seconds for seconds in left.values() if seconds is not None))
            await asyncio.wait({end, stop}, timeout=max(pause, 0), return_when=asyncio.FIRST_COMPLETED)
            if end.done() or stop.done():
                return None if end.done() else "Stopped"
            for status, seconds in left.items():
                if seconds is not None and seconds <= pause:
                    return status
            await self._checkpoints.save()


def seconds_left(job: Record, limit: str, since: str, default: int | None = None) -> float | None:
    seconds = job["StoppingCondition"].get(limit, default)
    return None if seconds is None else float(job[since] + seconds - time.time())
