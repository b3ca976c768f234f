"""One training job from the queue to its end: download, train, upload, and tell every step."""

import asyncio
import logging
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.logs import LogStream
from local.sagemaker.machine import Machine
from local.sagemaker.ports import AccessDenied
from local.sagemaker.state import Record
from local.sagemaker.training import channels, container, environment, record, results
from local.sagemaker.training.metrics import MetricScanner
from local.sagemaker.training.request import DAY

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."
_CHECKPOINT_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stopped:
    """The job ends early; `status` is its last secondary status."""

    status: str = "Stopped"


class TrainingRun:
    def __init__(self, machine: Machine, job: Record, slots: asyncio.Semaphore) -> None:
        self._machine = machine
        self._job = job
        self._slots = slots
        self._stop = asyncio.Event()
        self._tree = container.Tree(machine.directory / "jobs" / job["TrainingJobName"] / "ml")
        self._metrics = MetricScanner(job["AlgorithmSpecification"].get("MetricDefinitions", []))
        self._logs: LogStream | None = None

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Always ends in Completed, Failed or Stopped, unless the whole machine stops."""
        try:
            ended = await self._take_turn()
        except (channels.InputError, container.ContainerError, results.UploadError) as error:
            ended = str(error)
        except AccessDenied as error:
            ended = f"ClientError: {error}"
        except (BotoCoreError, ClientError, OSError):
            log.exception("training job %s", self._job["TrainingJobName"])
            ended = INTERNAL_ERROR
        await self._machine.threads.run(shutil.rmtree, self._tree.root.parent, ignore_errors=True)
        await self._finish(ended)

    async def _finish(self, ended: Stopped | str | None) -> None:
        """`ended` is None for success, a reason for failure."""
        if self._logs is not None:
            await self._logs.flush()
        if metrics := self._metrics.final():
            self._job["FinalMetricDataList"] = metrics
        if isinstance(ended, str):
            record.fail(self._machine, self._job, ended)
        elif isinstance(ended, Stopped):
            self._move("Stopped", ended.status)
        elif self._stop.is_set():
            self._move("Stopped", "Stopped")
        else:
            self._move("Completed", "Completed")

    def _move(self, status: str, secondary: str) -> None:
        record.move(self._machine, self._job, status, secondary)

    async def _take_turn(self) -> Stopped | str | None:
        if self._slots.locked():
            self._move("InProgress", "Pending")
        turn, stop = asyncio.create_task(self._slots.acquire()), asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait({turn, stop}, timeout=self._wait_left(), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if turn not in done:
            turn.cancel()
            return Stopped() if stop in done else Stopped("MaxWaitTimeExceeded")
        try:
            self._move("InProgress", "Starting") if self._job["SecondaryStatus"] == "Pending" else None
            return await self._work()
        finally:
            self._slots.release()

    async def _work(self) -> Stopped | str | None:
        job, machine = self._job, self._machine
        s3 = await machine.clients.get("s3", job["RoleArn"])
        self._logs = machine.log_stream(
            job["RoleArn"], LOG_GROUP, f"{job['TrainingJobName']}/{container.HOST}-{int(machine.now())}"
        )
        await machine.threads.run(shutil.rmtree, self._tree.root.parent, ignore_errors=True)
        await machine.threads.run(self._tree.make)
        if self._stop.is_set():
            return Stopped()
        self._move("InProgress", "Downloading")
        await self._download(s3)
        if self._stop.is_set():
            return Stopped()
        words, variables = await self._prepare(s3)
        self._move("InProgress", "Training")
        ended = await self._script(s3, words, variables)
        await self._upload(s3, ended)
        return ended

    async def _download(self, s3: Any) -> None:
        job, machine = self._job, self._machine
        for channel in job.get("InputDataConfig", []):
            directory = self._tree.data / channel["ChannelName"]
            await machine.threads.run(channels.download, s3, channel, directory, job["RoleArn"], machine.names.region)
        if "CheckpointConfig" in job:
            await machine.threads.run(
                results.restore_checkpoints, s3, job["CheckpointConfig"]["S3Uri"], self._checkpoints()
            )

    def _checkpoints(self) -> Path:
        return self._tree.place(self._job["CheckpointConfig"].get("LocalPath", f"{container.ROOT}/checkpoints"))

    async def _prepare(self, s3: Any) -> tuple[list[str], dict[str, str]]:
        job, machine, tree = self._job, self._machine, self._tree
        container.write_config(tree, job)
        parameters = container.decode(job.get("HyperParameters", {}))
        words = container.command(machine.python, parameters)
        submitted = str(parameters.get("sagemaker_submit_directory", ""))
        if submitted.startswith("s3://"):
            bucket, key = channels.split(submitted)
            source = channels.Object(bucket, key, "sourcedir.tar.gz")
            await machine.threads.run(channels.fetch, s3, [source], tree.temporary)
            submitted = str(tree.temporary / source.path)
        if submitted:
            await machine.threads.run(container.unpack_code, tree, tree.place(submitted))
        container.check_install(tree, job)
        variables = environment.plain(machine.python, tree.temporary)
        if not job["EnableNetworkIsolation"]:
            credentials = machine.ports.role_credentials(job["RoleArn"])
            variables |= environment.network(machine.names.region, machine.ports.endpoint_url, credentials)
        return words, variables | environment.script(tree, job, parameters, machine.names.region)

    async def _script(self, s3: Any, words: list[str], variables: dict[str, str]) -> Stopped | str | None:
        self._line("Invoking script with the following command:")
        self._line(shlex.join(words))
        process = await self._machine.processes.start(
            words, environment=variables, directory=self._tree.code, reader=self._line
        )
        end, stop = asyncio.create_task(process.wait()), asyncio.create_task(self._stop.wait())
        try:
            interrupted = await self._watch(s3, end, stop)
            if interrupted:
                # As in AWS the script hears no SIGTERM: the container's first process keeps it to itself.
                if not self._stop.is_set():
                    self._move("Stopping", "Stopping")
                await asyncio.wait([end], timeout=self._machine.settings.stop_grace_seconds)
                process.kill()
            code = await end
        finally:
            stop.cancel()
            process.kill()
        return interrupted or (container.failure_reason(words, code) if code else None)

    async def _watch(self, s3: Any, end: asyncio.Task[int], stop: asyncio.Task[Any]) -> Stopped | None:
        """Until the script ends or has to; checkpoints are saved meanwhile."""
        known: dict[str, tuple[int, int]] = {}
        while True:
            left = {"MaxRuntimeExceeded": self._runtime_left(), "MaxWaitTimeExceeded": self._wait_left()}
            pause = min(_CHECKPOINT_SECONDS, *(seconds for seconds in left.values() if seconds is not None))
            await asyncio.wait({end, stop}, timeout=max(pause, 0), return_when=asyncio.FIRST_COMPLETED)
            if "CheckpointConfig" in self._job:
                uri = self._job["CheckpointConfig"]["S3Uri"]
                await self._machine.threads.run(results.save_checkpoints, s3, uri, self._checkpoints(), known)
            if end.done():
                return None
            if stop.done():
                return Stopped()
            for status, seconds in left.items():
                if seconds is not None and seconds <= pause:
                    return Stopped(status)

    async def _upload(self, s3: Any, ended: Stopped | str | None) -> None:
        job, tree, run = self._job, self._tree, self._machine.threads.run
        if ended is None and not self._stop.is_set():
            self._move("InProgress", "Uploading")
        if ended is None or (isinstance(ended, Stopped) and results.has_files(tree.model)):
            uri = await run(results.upload_directory, s3, job, tree.model, "model.tar.gz")
            job["ModelArtifacts"] = {"S3ModelArtifacts": uri}
        if results.has_files(tree.output_data):
            await run(results.upload_directory, s3, job, tree.output_data, "output.tar.gz")

    def _line(self, text: str) -> None:
        self._metrics.read(text, self._machine.now())
        if self._logs is not None:
            self._logs.line(text)

    def _runtime_left(self) -> float:
        limit = self._job["StoppingCondition"].get("MaxRuntimeInSeconds", DAY)
        return float(self._job["TrainingStartTime"] + limit - self._machine.now())

    def _wait_left(self) -> float | None:
        limit = self._job["StoppingCondition"].get("MaxWaitTimeInSeconds")
        return None if limit is None else float(self._job["CreationTime"] + limit - self._machine.now())
