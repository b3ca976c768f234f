"""A serverless endpoint switches at once and nothing watches it, so a model proves itself on an endpoint beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from functions.aws import errors, names, objects
from functions.deploy.endpoint import Hosting
from functions.deploy.job import TrainedJob
from functions.deploy.proof import NoAnswerYetError, Proof


class DoubtedError(Exception):
    """The candidate does not answer as the model did in training; the message says how."""


@dataclass(frozen=True)
class Candidate:
    hosting: Hosting
    proof: Proof

    def is_proven(self, job: TrainedJob, is_newer: Callable[[str], bool]) -> bool:
        """One look at the candidate, one step. `is_newer` says of a model whether it comes before this one."""
        proven = job.deployment_key("proven.json")
        if objects.exists(self.proof.s3, self.proof.bucket, proven):
            self._remove(job)
            return True
        if self.proof.kept(job) is None and not self._has_answered(job, is_newer):
            return False
        if doubt := self.proof.kept(job):
            self._remove(job)
            raise DoubtedError(doubt)
        record = objects.as_json({"at": self.proof.now().isoformat()})
        objects.put_once(self.proof.s3, self.proof.bucket, proven, record)
        self._remove(job)
        return True

    @property
    def _name(self) -> str:
        return names.candidate(self.hosting.settings.stack_name)

    def _has_answered(self, job: TrainedJob, is_newer: Callable[[str], bool]) -> bool:
        endpoint = self.hosting.look(self._name)
        if endpoint is None:
            self._create(job)
            return False
        if endpoint.busy:
            return False
        if endpoint.config != job.name:
            if not is_newer(endpoint.config):
                self.hosting.delete_endpoint(self._name)
            return False
        if endpoint.failed:
            self.proof.keep(job, f"its container does not start: {endpoint.failure_reason}")
            return True
        try:
            self.proof.doubt(job, self._name, endpoint.created)
        except NoAnswerYetError:
            return False
        return True

    def _create(self, job: TrainedJob) -> None:
        try:
            self.hosting.create(self._name, job.name)
        except ClientError as error:
            if not (errors.exists_already(error) or errors.is_missing(error)):  # as of the endpoint itself
                raise

    def _remove(self, job: TrainedJob) -> None:
        """Ours alone: the next model may be proving itself by now."""
        endpoint = self.hosting.look(self._name)
        if endpoint and endpoint.config == job.name and not endpoint.busy:
            self.hosting.delete_endpoint(self._name)
