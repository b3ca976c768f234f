"""What the bucket says about the model that serves, for scoring and for the next training."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.aws import objects
from model.contract import Contract

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "config/live.json"


def fact(model: str, endpoint: str, evaluation: dict[str, Any], since: datetime) -> dict[str, Any]:
    data = evaluation.get("data", {})
    return {
        "model": model,
        "endpoint": endpoint,
        "contract": f"runs/{model}/contract.json",
        "since": since.isoformat(),
        "metrics": evaluation.get("metrics", {}),
        "trained_on": data.get("shipped"),
        "judged_on": data.get("parts", {}).get("hold_out"),
    }


def contract(s3: S3Client, bucket: str) -> Contract | None:
    """None while no model serves."""
    if not objects.exists(s3, bucket, KEY):
        return None
    live = json.loads(s3.get_object(Bucket=bucket, Key=KEY)["Body"].read())
    return Contract.from_json(s3.get_object(Bucket=bucket, Key=live["contract"])["Body"].read())
