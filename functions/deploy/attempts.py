"""Which jobs were sent to the endpoint: without this record a rolled-back update looks like one that is still due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from functions.aws import objects
from functions.deploy.job import TrainedJob

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Attempts:
    s3: S3Client
    bucket: str
    now: Callable[[], datetime]

    def made(self, job: TrainedJob) -> bool:
        return objects.exists(self.s3, self.bucket, job.key("deployment.json"))

    def remember(self, job: TrainedJob, replaced: str | None) -> None:
        record = {"config": job.name, "replaces": replaced, "at": self.now().isoformat()}
        objects.put_once(self.s3, self.bucket, job.key("deployment.json"), objects.as_json(record))
