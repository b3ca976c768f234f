"""One training job from the queue to its end: download, train, upload, and tell every step."""

import asyncio
import logging
import shutil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.logs import LogStream
from local.sagemaker.machine import Machine
from local.sagemaker.ports import AccessDeniedError
from local.sagemaker.state import Record
from local.sagemaker.training import channels, container, environment, record, results
from local.sagemaker.training.metrics import MetricScanner
from local.sagemaker.training.script import Checkpoints, Script, StoppedEarlyError, seconds_left

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."

log = logging.getLogger(__name__)


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
        status, secondary = "Completed", "Completed"
        try:
            await self._take_turn()
        except StoppedEarlyError as stopped:
            status, secondary = "Stopped", stopped.status
        except (channels.InputError, container.ContainerError, results.UploadError) as error:
            status, reason = "Failed", str(error)
        except AccessDeniedError as error:
            status, reason = "Failed", f"ClientError: {error}"
        except (BotoCoreError, ClientError, OSError):
            log.exception("training job %s", self._job["TrainingJobName"])
            status, reason = "Failed", INTERNAL_ERROR
        await self._machine.threads.run(shutil.rmtree, self._tree.root.parent, ignore_errors=True)
        if self._logs is not None:
            await self._logs.flush()
        if metrics := self._metrics.final():
            self._job["FinalMetricDataList"] = metrics
        if status == "Failed":
            record.fail(self._machine, self._job, reason)
        else:
            record.move(self._machine, self._job, status, secondary)

    def _progress(self, secondary: str) -> None:
        if self._stop.is_set():
            raise StoppedEarlyError("Stopped")
        record.move(self._machine, self._job, "InProgress", secondary)

    async def _take_turn(self) -> None:
        waits = self._slots.locked()
        if waits:
            self._progress("Pending")
        turn, stop = asyncio.create_task(self._slots.acquire()), asyncio.create_task(self._stop.wait())
        left = seconds_left(self._job, "MaxWaitTimeInSeconds", "CreationTime")
        done, _ = await asyncio.wait({turn, stop}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if turn not in done:
            turn.cancel()
            raise StoppedEarlyError("Stopped" if stop in done else "MaxWaitTimeExceeded")
        try:
            if waits:
                self._progress("Starting")
            await self._work()
        finally:
            self._slots.release()

    async def _work(self) -> None:
        job, machine, tree = self._job, self._machine, self._tree
        s3 = await machine.clients.get("s3", job["RoleArn"])
        stream = f"{job['TrainingJobName']}/{container.HOST}-{int(machine.now())}"
        self._logs = machine.log_stream(job["RoleArn"], LOG_GROUP, stream)
        await machine.threads.run(shutil.rmtree, tree.root.parent, ignore_errors=True)
        await machine.threads.run(tree.make)
        self._progress("Downloading")
        for channel in job.get("InputDataConfig", []):
            directory = tree.data / channel["ChannelName"]
            await machine.threads.run(channels.download, s3, channel, directory, job["RoleArn"], machine.names.region)
        checkpoints = Checkpoints(machine.threads, s3, job, tree)
        await checkpoints.restore()
        words, variables = await self._prepare(s3)
        self._progress("Training")
        try:
            script = Script(machine, job, self._stop, checkpoints, self._line)
            reason = await script.run(words, variables, tree.code)
        except StoppedEarlyError:
            await self._upload(s3, model=results.has_files(tree.model))
            raise
        if reason:
            await self._upload(s3, model=False)
            raise container.ContainerError(reason)
        self._progress("Uploading")
        await self._upload(s3, model=True)
        if self._stop.is_set():
            raise StoppedEarlyError("Stopped")

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

    async def _upload(self, s3: Any, *, model: bool) -> None:
        job, tree, run = self._job, self._tree, self._machine.threads.run
        if results.has_files(tree.output_data):
            await run(results.upload_directory, s3, job, tree.output_data, "output.tar.gz")
        if model:
            uri = await run(results.upload_directory, s3, job, tree.model, "model.tar.gz")
            job["ModelArtifacts"] = {"S3ModelArtifacts": uri}

    def _line(self, text: str) -> None:
        self._metrics.read(text, self._machine.now())
        if self._logs is not None:
            self._logs.line(text)
