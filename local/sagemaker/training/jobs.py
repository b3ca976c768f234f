"""CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob."""

import asyncio
import logging
import shutil

from local.sagemaker.caller import Caller
from local.sagemaker.errors import invalid, job_exists, limit_exceeded, no_such_resource
from local.sagemaker.listing import page
from local.sagemaker.machine import Machine
from local.sagemaker.state import Record
from local.sagemaker.training import record, request
from local.sagemaker.training.run import INTERNAL_ERROR, TrainingRun

log = logging.getLogger(__name__)


class TrainingJobs:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._slots = asyncio.Semaphore(machine.settings.jobs_at_once)
        self._runs: dict[str, TrainingRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def create(self, asked: Record, caller: Caller) -> Record:
        machine, name = self._machine, asked["TrainingJobName"]
        arn = machine.names.arn("training-job", name)
        caller.create("CreateTrainingJob", arn, asked)
        caller.pass_role(asked["RoleArn"])
        request.check(asked)
        if machine.jobs.get(name):
            raise job_exists(arn)
        unfinished = sum(job["TrainingJobStatus"] not in record.FINISHED for job in machine.jobs.all())
        if unfinished >= machine.settings.job_limit:
            kind = asked["ResourceConfig"]["InstanceType"]
            raise limit_exceeded(f"{kind} for training job usage", machine.settings.job_limit, unfinished, 1)
        caller.check_assumable(asked["RoleArn"])
        job = record.new(machine, asked)
        record.move(machine, job, "InProgress", "Starting")
        self._begin(job)
        return {"TrainingJobArn": arn}

    async def describe(self, asked: Record, caller: Caller) -> Record:
        return record.describe(self._find("DescribeTrainingJob", asked, caller))

    async def list(self, asked: Record, caller: Caller) -> Record:
        caller.authorise("ListTrainingJobs", "*")
        return page(
            asked,
            self._machine.jobs.all(),
            name="TrainingJobName",
            status="TrainingJobStatus",
            default_order="Ascending",
            summary=record.summary,
            answer="TrainingJobSummaries",
        )

    async def stop(self, asked: Record, caller: Caller) -> Record:
        job = self._find("StopTrainingJob", asked, caller)
        status = job["TrainingJobStatus"]
        if status in record.FINISHED:
            raise invalid(f"The request was rejected because the training job is in status {status}.")
        if status != "Stopping":
            record.move(self._machine, job, "Stopping", "Stopping")
            self._runs[job["TrainingJobName"]].stop()
        return {}

    def resume(self) -> None:
        """Settle what a predecessor left: jobs that had not begun begin now, the others are lost."""
        shutil.rmtree(self._machine.directory / "jobs", ignore_errors=True)
        for job in sorted(self._machine.jobs.all(), key=lambda job: job["CreationTime"]):
            if job["TrainingJobStatus"] == "Stopping":
                record.move(self._machine, job, "Stopped", "Stopped")
            elif job["TrainingJobStatus"] == "InProgress" and "TrainingStartTime" not in job:
                self._begin(job)
            elif job["TrainingJobStatus"] == "InProgress":
                record.fail(self._machine, job, INTERNAL_ERROR)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _find(self, action: str, asked: Record, caller: Caller) -> Record:
        job = self._machine.jobs.get(asked["TrainingJobName"])
        caller.authorise(action, self._machine.names.arn("training-job", asked["TrainingJobName"]), job)
        if job is None:
            raise no_such_resource()
        return job

    def _begin(self, job: Record) -> None:
        run = TrainingRun(self._machine, job, self._slots)
        task = asyncio.create_task(run.run())
        self._runs[job["TrainingJobName"]] = run
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._end(task, job))

    def _end(self, task: asyncio.Task[None], job: Record) -> None:
        self._tasks.discard(task)
        self._runs.pop(job["TrainingJobName"], None)
        if not task.cancelled() and (error := task.exception()):
            log.error("training job %s", job["TrainingJobName"], exc_info=error)
            record.fail(self._machine, job, INTERNAL_ERROR)
