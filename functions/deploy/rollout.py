"""One look at the endpoint, one step towards the wanted configuration. Every step may be repeated or be too late."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

from functions.aws import errors
from functions.aws.guardrails import GuardrailError
from functions.deploy import guard
from functions.deploy import job as jobs
from functions.deploy.attempts import Attempts
from functions.deploy.candidate import Candidate, DoubtedError
from functions.deploy.endpoint import Endpoint, Hosting
from functions.deploy.job import TrainedJob
from functions.deploy.proof import Proof


class Step(Enum):
    WAIT = "the endpoint is busy; look again later"
    LIVE = "the endpoint serves this model"
    SUPERSEDED = "a model trained later serves or is on its way"
    ROLLED_BACK = "the endpoint went back to another model"
    FAILED = "the endpoint could not be created with this model"
    REFUSED = "the endpoint cannot be updated to this model"
    DOUBTED = "the model does not answer as it did in training"


class RefusedError(Exception):
    """The endpoint cannot be updated to what the template asks for; the message says why."""


@dataclass(frozen=True)
class Progress:
    step: Step
    endpoint: Endpoint | None
    reason: str = ""  # of a setback


@dataclass(frozen=True)
class Rollout:
    hosting: Hosting
    attempts: Attempts
    candidate: Candidate
    proof: Proof

    def step(self, job: TrainedJob) -> Progress:
        # The record is read before the endpoint: the other way round, another message that begins the deployment
        # in between would make it look as if it had already failed.
        attempted_at = self.attempts.made_at(job)
        endpoint = self.hosting.endpoint()
        try:
            step = self._step(job, endpoint, attempted=attempted_at is not None)
        except RefusedError as refusal:
            return Progress(Step.REFUSED, endpoint, str(refusal))
        except DoubtedError as doubt:
            return Progress(Step.DOUBTED, endpoint, str(doubt))
        if step in (Step.FAILED, Step.ROLLED_BACK) and attempted_at and self.attempts.is_settling(attempted_at):
            step = Step.WAIT
        if step in (Step.FAILED, Step.ROLLED_BACK):
            given = endpoint.failure_reason if endpoint else ""
            return Progress(step, endpoint, self.proof.kept(job) or given or "SageMaker gives no reason")
        return Progress(step, endpoint)

    def doubt(self, job: TrainedJob) -> str | None:
        """Of what the endpoint answers, now that it serves this job's model."""
        return self.proof.doubt(job, self.hosting.settings.endpoint_name, self.attempts.made_at(job))

    def withdraw(self, job: TrainedJob) -> bool:
        """Turns the endpoint back to what the model replaced, or removes it where there was none. False: neither can
        be, because nobody knows what was replaced, or there is no way back to it."""
        record, endpoint = self.attempts.record(job), self.hosting.endpoint()
        if endpoint is None or endpoint.busy or endpoint.config != job.name:
            return True  # something is under way
        if record is None:
            return False
        if record["replaces"] is None:
            self.hosting.delete_endpoint(self.hosting.settings.endpoint_name)
            return True
        serving, previous = self.hosting.config(job.name), self.hosting.config(record["replaces"])
        if serving is None or previous is None or guard.turns_serverless(endpoint, previous):
            return False
        self._turn(endpoint, record["replaces"], serving)
        return True

    def _step(self, job: TrainedJob, endpoint: Endpoint | None, attempted: bool) -> Step:
        if endpoint is None:
            # A failed one is removed to make room for another model; one that was lost comes back with its own.
            if not attempted and self._is_newer(self.attempts.served_last(), job):
                return Step.SUPERSEDED
            return Step.FAILED if attempted else self._begin(job, None)
        if endpoint.busy:
            if endpoint.is_turning_to(job.name):
                self.attempts.remember(job, None if endpoint.status == "Creating" else endpoint.config)
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
        self.hosting.delete_endpoint(self.hosting.settings.endpoint_name)
        return Step.WAIT

    def _is_newer(self, model: str | None, job: TrainedJob) -> bool:
        other = jobs.find(self.hosting.sagemaker, self.hosting.settings.stack_name, model) if model else None
        return other is not None and self.attempts.with_last_approval(other).is_newer_than(job)

    def _begin(self, job: TrainedJob, endpoint: Endpoint | None) -> Step:
        begun = self._update(job, endpoint) if endpoint else self._create(job)
        if begun:
            # Written after the call: before it, a crash in between would look like a rollback. A crash right here is
            # made good while the update runs (see is_turning_to above).
            self.attempts.remember(job, endpoint.config if endpoint else None)
        return Step.WAIT

    def _create(self, job: TrainedJob) -> bool:
        if not self.hosting.prepare(job):
            return False
        try:
            self.hosting.create(self.hosting.settings.endpoint_name, job.name)
        except ClientError as error:
            # Another message was faster, or what was prepared cannot be read everywhere yet.
            if errors.exists_already(error) or errors.is_missing(error):
                return False
            raise
        return True

    def _update(self, job: TrainedJob, endpoint: Endpoint) -> bool:
        settings, serving = self.hosting.settings, self.hosting.config(endpoint.config)
        why = guard.obstacle(endpoint, settings, has_config=serving is not None)
        if serving is None or why:
            raise RefusedError(why or "")
        if not self.hosting.prepare(job):
            return False
        if endpoint.serverless and not self.candidate.is_proven(job, lambda other: self._is_newer(other, job)):
            return False
        return self._turn(endpoint, job.name, serving)

    def _turn(self, endpoint: Endpoint, wanted: str, serving: dict[str, Any]) -> bool:
        try:
            self.hosting.turn(endpoint, wanted, serving)
        except GuardrailError as error:
            raise RefusedError(str(error)) from error
        except ClientError as error:
            # Another message was faster: "cannot update in-progress endpoint". AWS gives real mistakes the same code,
            # so the endpoint itself is asked.
            now = self.hosting.endpoint()
            if errors.is_missing(error) or (errors.code(error) == "ValidationException" and now and now.busy):
                return False
            raise
        return True
