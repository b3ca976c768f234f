"""Golden transactions, asked of an endpoint: a container that answers its health check may still answer nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import errors, objects
from functions.deploy.endpoint import Hosting
from functions.deploy.job import TrainedJob
from model.artefact import GOLDEN
from model.golden import Golden

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

PATIENCE = timedelta(minutes=15)


class NoAnswerYetError(Exception):
    """Nobody answered, which may pass; the message says why."""


@dataclass(frozen=True)
class Proof:
    s3: S3Client
    runtime: SageMakerRuntimeClient
    hosting: Hosting
    bucket: str
    now: Callable[[], datetime]

    def doubt(self, job: TrainedJob, endpoint: str, since: datetime | None) -> str | None:
        """What is wrong with the endpoint's answers, None if nothing is. A deployment that was doubted stays so.

        `since` is when it began. NoAnswerYetError until PATIENCE is over; then silence is an answer, too.
        """
        if kept := self.kept(job):
            return kept
        golden = self._golden(job)
        if golden is None:
            return None
        try:
            found = self._ask(golden, endpoint)
        except NoAnswerYetError as error:
            if since is None or self.now() - since < PATIENCE:
                raise
            found = f"it gives no answer: {error}"
        if found:
            self._check_asked(job, endpoint)
            self.keep(job, found)
        return found

    def keep(self, job: TrainedJob, doubt: str) -> None:
        record = objects.as_json({"doubt": doubt, "at": self.now().isoformat()})
        objects.put_once(self.s3, self.bucket, job.deployment_key("doubt.json"), record)

    def kept(self, job: TrainedJob) -> str | None:
        key = job.deployment_key("doubt.json")
        return str(json.loads(self._read(key))["doubt"]) if self._exists(key) else None

    def _golden(self, job: TrainedJob) -> Golden | None:
        """None of a model that was trained before there were any."""
        key = job.key(GOLDEN)
        return Golden.from_json(self._read(key)) if self._exists(key) else None

    def _ask(self, golden: Golden, endpoint: str) -> str | None:
        try:
            body = self.runtime.invoke_endpoint(**request(endpoint, golden))["Body"].read()
        except ClientError as error:
            if errors.code(error) == "ModelError":
                return f"its container fails: {errors.message(error)[:300]}"
            raise NoAnswerYetError(f"{errors.code(error)}: {errors.message(error)[:300]}") from error
        except BotoCoreError as error:
            raise NoAnswerYetError(type(error).__name__) from error
        return golden.doubt(body)

    def _check_asked(self, job: TrainedJob, endpoint: str) -> None:
        """Another message may have turned the endpoint to another model while it was asked."""
        now = self.hosting.look(endpoint)
        if now is None or now.config != job.name or not now.in_service:
            raise NoAnswerYetError("the endpoint has turned to another model")

    def _read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def _exists(self, key: str) -> bool:
        return objects.exists(self.s3, self.bucket, key)


def request(endpoint: str, golden: Golden) -> dict[str, Any]:
    return {
        "EndpointName": endpoint,
        "ContentType": "application/json",
        "Accept": "application/json",
        "Body": golden.request(),
    }
