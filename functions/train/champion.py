"""The model that serves: the next one is tried against it, on transactions that neither has learned from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from functions.aws import names, objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LIVE = "config/live.json"


def artefact(s3: S3Client, bucket: str, stack: str) -> str | None:
    """Its artefact's key. None where nothing serves yet, or what serves has no artefact here: that is no reason not to
    train, and a channel that points to nothing would fail the job."""
    if not objects.exists(s3, bucket, LIVE):
        return None
    model = str(json.loads(s3.get_object(Bucket=bucket, Key=LIVE)["Body"].read())["model"])
    key = f"runs/{model}/output/model.tar.gz"
    return key if names.is_job(stack, model) and objects.exists(s3, bucket, key) else None
