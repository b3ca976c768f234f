"""The training job as SageMaker describes it; the event that woke us may be old, early or doubled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from functions.aws import errors, names
from functions.deploy import approval
from functions.deploy.restoration import Restoration

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class TrainedJob:
    name: str
    status: str
    secondary_status: str
    created: datetime
    failure_reason: str
    artefact_uri: str
    approved: datetime | None = None  # by hand, and when: each approval is a deployment of its own
    restored: Restoration | None = None  # its endpoint was lost: a deployment of its own, too

    @property
    def ended(self) -> bool:
        return self.status in ("Completed", "Failed", "Stopped")

    def key(self, name: str) -> str:
        return f"runs/{self.name}/{name}"

    def deployment_key(self, name: str) -> str:
        """Where a deployment keeps its records: the first beside the model, every other in a folder."""
        if self.restored:
            return self.key(f"{self.restored.folder}{name}")
        return self.key(f"{approval.folder(self.approved) if self.approved else ''}{name}")

    def is_newer_than(self, other: TrainedJob) -> bool:
        """An approval by hand is newer than every job that had begun before it."""
        return (self.approved or self.created, self.name) > (other.approved or other.created, other.name)


def find(sagemaker: SageMakerClient, stack: str, name: str) -> TrainedJob | None:
    """The job, None if there is none of this name or it belongs to somebody else."""
    if not names.is_job(stack, name):
        return None
    try:
        found = sagemaker.describe_training_job(TrainingJobName=name)
    except ClientError as error:
        if errors.is_missing(error):
            return None
        raise
    tags = sagemaker.list_tags(ResourceArn=found["TrainingJobArn"])["Tags"]
    if not names.carries_tag(cast("Any", tags), stack):
        return None
    return TrainedJob(
        name=name,
        status=found["TrainingJobStatus"],
        secondary_status=found["SecondaryStatus"],
        created=found["CreationTime"],
        failure_reason=found.get("FailureReason", ""),
        artefact_uri=found.get("ModelArtifacts", {}).get("S3ModelArtifacts", ""),
    )
