"""What scoring reads to learn which model serves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.aws import objects
from functions.aws.serving import KEY
from functions.deploy.job import TrainedJob
from functions.settings import DeploySettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def point_scoring_at(
    s3: S3Client, settings: DeploySettings, job: TrainedJob, evaluation: dict[str, Any], now: datetime
) -> None:
    data = evaluation.get("data", {})
    live = {
        "model": job.name,
        "endpoint": settings.endpoint_name,
        "contract": job.key("contract.json"),
        "since": now.isoformat(),
        "metrics": evaluation.get("metrics", {}),
        "trained_on": data.get("shipped"),
        "judged_on": data.get("parts", {}).get("hold_out"),
    }
    s3.put_object(Bucket=settings.bucket, Key=KEY, Body=objects.as_json(live))
