"""One look at the endpoint, one step towards the wanted configuration. Every step may be repeated or be too late."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

from functions.aws import errors, requests
from functions.deploy import job as jobs
from functions.deploy.attempts import Attempts
from functions.deploy.endpoint import Endpoint, Hosting
from functions.deploy.job import TrainedJob


class Step(Enum):
    WAIT = "the endpoint is busy; look again later"
    LIVE = "the endpoint serves this model"
    SUPERSEDED = "a model trained later serves or is on its way"
    ROLLED_BACK = "the endpoint went back to another model"
    FAILED = "the endpoint could not be created with this model"


@dataclass(frozen=True)
class Rollout:
    hosting: Hosting
    attempts: Attempts

    def step(self, job: TrainedJob) -> tuple[Step, Endpoint | None]:
        # The record is read before the endpoint: the other way round, another message that begins the deployment
        # in between would make it look as if it had already failed.
        attempted_at = self.attempts.made_at(job)
        endpoint = self.hosting.endpoint()
        step = self._step(job, endpoint, attempted=attempted_at is not None)
        if step in (Step.FAILED, Step.ROLLED_BACK) and attempted_at and self.attempts.is_settling(attempted_at):
            step = Step.WAIT
        return step, endpoint

    def _step(self, job: TrainedJob, endpoint: Endpoint | None, attempted: bool) -> Step:
        if endpoint is None:
            # A failed one is removed to make room for another model; one that was lost comes back with its own.
            if not attempted and self._is_newer(self.attempts.served_last(), job):
                return Step.SUPERSEDED
            return Step.FAILED if attempted else self._begin(job, None)
        if endpoint.busy:
            if endpoint.is_turning_to(job.name):
                self.attempts.remember(job, endpoint.config)
            return Step.WAIT
        if endpoint.failed:
            return self._after_failure(job, endpoint, attempted)
        if endpoint.config == job.name and endpoint.in_service:
            # An old model that was brought back may have been cleared away just when the endpoint turned to it.
            return Step.LIVE if self.hosting.prepare(job) else Step.WAIT
        if self._is_newer(endpoint.config, job):
            return Step.SUPERSEDED
        return Step.ROLLED_BACK if attempted else self._begin(job, endpoint)

    def _after_failure(self, job: TrainedJob, endpoint: Endpoint, attempted: bool) -> Step:
        if attempted or (endpoint.config == job.name and not job.restored):
            return Step.FAILED
        # A failed endpoint serves nothing and can only be deleted; its own job's message reports it.
        self.hosting.delete_endpoint()
        return Step.WAIT

    def _is_newer(self, model: str | None, job: TrainedJob) -> bool:
        other = jobs.find(self.hosting.sagemaker, self.hosting.settings.stack_name, model) if model else None
        return other is not None and self.attempts.with_last_approval(other).is_newer_than(job)

    def _begin(self, job: TrainedJob, endpoint: Endpoint | None) -> Step:
        if not self.hosting.prepare(job):
            return Step.WAIT
        try:
            self._call(job, endpoint)
        except ClientError as error:
            # Another message was faster: "cannot update in-progress endpoint", "cannot create already existing".
            # AWS gives both the same code as real mistakes, so the endpoint itself is asked.
            if errors.is_missing(error):
                return Step.WAIT  # what was prepared was cleared away at this moment, or cannot be read yet
            now = self.hosting.endpoint()
            if errors.code(error) == "ValidationException" and now is not None and (now.busy or endpoint is None):
                return Step.WAIT
            raise
        # Written after the call: before it, a crash in between would look like a rollback. A crash right here is
        # made good while the update runs (see is_turning_to above).
        self.attempts.remember(job, endpoint.config if endpoint else None)
        return Step.WAIT

    def _call(self, job: TrainedJob, endpoint: Endpoint | None) -> None:
        sagemaker, settings = self.hosting.sagemaker, self.hosting.settings
        if endpoint is None:
            created: dict[str, Any] = requests.endpoint(settings, job.name)
            sagemaker.create_endpoint(**created)
        else:
            updated: dict[str, Any] = requests.endpoint_update(settings, job.name)
            sagemaker.update_endpoint(**updated)
