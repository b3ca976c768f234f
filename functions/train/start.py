"""Starts the training job of a run exactly once; a failed one again when a file is dropped after its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors, names, requests
from functions.settings import TrainSettings
from functions.train.run import Run

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

ENDED_BADLY = ("Failed", "Stopped")


class NameTakenError(Exception):
    """A training job with this run's name exists that reads other files."""


@dataclass(frozen=True)
class NextJob:
    name: str
    exists: bool


def next_job(sagemaker: SageMakerClient, settings: TrainSettings, run: Run, dropped_at: datetime) -> NextJob:
    """The job this run has, or the name of the one it needs."""
    attempt = 1
    while True:
        name = names.job(settings.stack_name, run.idempotency_hash, attempt)
        job = describe(sagemaker, name)
        if job is None:
            return NextJob(name, exists=False)
        if job["TrainingJobStatus"] not in ENDED_BADLY or dropped_at <= _ended(job):
            return NextJob(name, exists=True)
        attempt += 1


def create(sagemaker: SageMakerClient, settings: TrainSettings, run: Run, name: str, champion: str | None) -> bool:
    """Says whether this call started the job; another at the same moment may have."""
    request = requests.training_job(settings, name, run.source.sha256, champion)
    try:
        sagemaker.create_training_job(**request)
    except ClientError as error:
        if errors.code(error) != "ResourceInUse":
            raise
        existing = describe(sagemaker, name)
        if existing is None or _train_uri(existing) != _train_uri(request):
            raise NameTakenError(f"a training job {name} exists that reads other files") from error
        return False
    return True


def describe(sagemaker: SageMakerClient, name: str) -> dict[str, Any] | None:
    try:
        return dict(sagemaker.describe_training_job(TrainingJobName=name))
    except ClientError as error:
        if errors.is_missing(error):
            return None
        raise


def _ended(job: dict[str, Any]) -> datetime:
    ended: datetime = job.get("TrainingEndTime") or job["LastModifiedTime"]
    return ended


def _train_uri(job: dict[str, Any]) -> str:
    return str(job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"])
