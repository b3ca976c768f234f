"""Which jobs were sent to the endpoint: without this record a rolled-back update looks like one that is still due, and
what was approved by hand like an old job that a newer one may replace."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.aws import objects, serving
from functions.deploy.approval import STAMP
from functions.deploy.job import TrainedJob

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


SETTLING = timedelta(seconds=15)  # in which a look at the endpoint may still show what was before


@dataclass(frozen=True)
class Attempts:
    s3: S3Client
    bucket: str
    now: Callable[[], datetime]

    def made_at(self, job: TrainedJob) -> datetime | None:
        record = self.record(job)
        return datetime.fromisoformat(record["at"]) if record else None

    def record(self, job: TrainedJob) -> dict[str, Any] | None:
        """Since when, and which configuration it replaces, None where there was no endpoint."""
        key = job.deployment_key("deployment.json")
        if not objects.exists(self.s3, self.bucket, key):
            return None
        return dict(json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))

    def is_settling(self, made_at: datetime) -> bool:
        return self.now() - made_at < SETTLING

    def remember(self, job: TrainedJob, replaced: str | None) -> None:
        record = {"config": job.name, "replaces": replaced, "at": self.now().isoformat()}
        objects.put_once(self.s3, self.bucket, job.deployment_key("deployment.json"), objects.as_json(record))

    def served_last(self) -> str | None:
        """What scoring is told of, whether or not its endpoint is there."""
        if not objects.exists(self.s3, self.bucket, serving.KEY):
            return None
        return str(json.loads(self.s3.get_object(Bucket=self.bucket, Key=serving.KEY)["Body"].read())["model"])

    def with_last_approval(self, job: TrainedJob) -> TrainedJob:
        prefix = job.key("approvals/")
        stamps = {key.removeprefix(prefix).partition("/")[0] for key in objects.all_keys(self.s3, self.bucket, prefix)}
        if not stamps:
            return job
        return replace(job, approved=datetime.strptime(max(stamps), STAMP).replace(tzinfo=UTC))
