"""The contract of the model that serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from functions.aws import objects
from model.contract import Contract

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "config/live.json"


def contract(s3: S3Client, bucket: str) -> Contract | None:
    """None while no model serves."""
    if not objects.exists(s3, bucket, KEY):
        return None
    live = json.loads(s3.get_object(Bucket=bucket, Key=KEY)["Body"].read())
    return Contract.from_json(s3.get_object(Bucket=bucket, Key=live["contract"])["Body"].read())
