"""One look at the endpoint, and at the training behind what it serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.aws import errors

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Seen:
    status: str
    config: str
    pending_config: str | None
    changed: datetime

    @property
    def uses(self) -> frozenset[str]:
        return frozenset({self.config, self.pending_config or self.config})


@dataclass(frozen=True)
class Look:
    sagemaker: SageMakerClient
    name: str

    def endpoint(self) -> Seen | None:
        try:
            found = self.sagemaker.describe_endpoint(EndpointName=self.name)
        except ClientError as error:
            if errors.is_missing(error):
                return None
            raise
        return Seen(
            status=found["EndpointStatus"],
            config=found["EndpointConfigName"],
            pending_config=found.get("PendingDeploymentSummary", {}).get("EndpointConfigName"),
            changed=found["LastModifiedTime"],
        )

    def trained(self, model: str) -> datetime:
        """When its training began, which is its rank among models that nobody approved by hand."""
        return self.sagemaker.describe_training_job(TrainingJobName=model)["CreationTime"]
