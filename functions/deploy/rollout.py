"""One look at the endpoint, one step towards the wanted configuration. Every step may be repeated or be too late."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from botocore.exceptions import ClientError

from functions.aws import errors
from functions.aws.guardrails import GuardrailError
from functions.deploy import guard
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
    REFUSED = "the endpoint cannot be updated to this model"


class RefusedError(Exception):
    """The endpoint cannot be updated to what the template asks for; the message says why."""


@dataclass(frozen=True)
class Progress:
    step: Step
    endpoint: Endpoint | None
    reason: str  # of a setback


@dataclass(frozen=True)
class Rollout:
    hosting: Hosting
    attempts: Attempts

    def step(self, job: TrainedJob) -> Progress:
        # The record is read before the endpoint: the other way round, another message that begins the deployment
        # in between would make it look as if it had already failed.
        attempted_at = self.attempts.made_at(job)
        endpoint = self.hosting.endpoint()
        try:
            step = self._step(job, endpoint, attempted=attempted_at is not None)
        except RefusedError as refusal:
            return Progress(Step.REFUSED, endpoint, str(refusal))
        if step in (Step.FAILED, Step.ROLLED_BACK) and attempted_at and self.attempts.is_settling(attempted_at):
            step = Step.WAIT
        return Progress(step, endpoint, (endpoint.failure_reason if endpoint else "") or "SageMaker gives no reason")

    def _step(self, job: TrainedJob, endpoint: Endpoint | None, attempted: bool) -> Step:
        if endpoint is None:
            # A failed endpoint is removed to make room for another model.
            return Step.FAILED if attempted else self._begin(job, None)
        if endpoint.busy:
            if endpoint.is_turning_to(job.name):
                self.attempts.remember(job, endpoint.config)
            return Step.WAIT
        if endpoint.failed:
            return self._after_failure(job, endpoint, attempted)
        if endpoint.config == job.name and endpoint.in_service:
            return Step.LIVE
        if self._serves_newer(job, endpoint):
            return Step.SUPERSEDED
        return Step.ROLLED_BACK if attempted else self._begin(job, endpoint)

    def _after_failure(self, job: TrainedJob, endpoint: Endpoint, attempted: bool) -> Step:
        if endpoint.config == job.name or attempted:
            return Step.FAILED
        # A failed endpoint serves nothing and can only be deleted; its own job's message reports it.
        self.hosting.delete_endpoint()
        return Step.WAIT

    def _serves_newer(self, job: TrainedJob, endpoint: Endpoint) -> bool:
        serving = jobs.find(self.hosting.sagemaker, self.hosting.settings.stack_name, endpoint.config)
        return serving is not None and self.attempts.with_last_approval(serving).is_newer_than(job)

    def _begin(self, job: TrainedJob, endpoint: Endpoint | None) -> Step:
        config = self.hosting.config(endpoint.config) if endpoint else None
        if endpoint and (why := guard.obstacle(endpoint, self.hosting.settings, has_config=config is not None)):
            raise RefusedError(why)
        if not self.hosting.prepare(job):
            return Step.WAIT
        try:
            self.hosting.turn_to(job, endpoint, config)
        except GuardrailError as error:
            raise RefusedError(str(error)) from error
        except ClientError as error:
            # Another message was faster: "cannot update in-progress endpoint", "cannot create already existing".
            # AWS gives both the same code as real mistakes, so the endpoint itself is asked.
            now = self.hosting.endpoint()
            if errors.code(error) == "ValidationException" and now is not None and (now.busy or endpoint is None):
                return Step.WAIT
            raise
        # Written after the call: before it, a crash in between would look like a rollback. A crash right here is
        # made good while the update runs (see is_turning_to above).
        self.attempts.remember(job, endpoint.config if endpoint else None)
        return Step.WAIT
