"""The gate's verdict on a trained model: spoken once, and kept beside the model for people and for later messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.aws import objects
from functions.deploy.job import TrainedJob
from model import gate
from model.contract import Contract, ContractError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def find(s3: S3Client, bucket: str, job: TrainedJob) -> dict[str, Any] | None:
    key = job.key("gate.json")
    if not objects.exists(s3, bucket, key):
        return None
    return dict(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))


def speak(
    s3: S3Client, bucket: str, job: TrainedJob, evaluation: dict[str, Any], serving: str | None
) -> dict[str, Any]:
    """Of a model that is published, and so verified. What serves may change before the next message, and two messages
    may speak at once: the verdict that is written first holds."""
    contract = _contract(s3, bucket, job.name)
    facts = gate.Facts(True, serving, schema_changed=_reads_otherwise(s3, bucket, contract, serving))
    verdict = gate.judge(evaluation, contract.schema.gate, facts)
    if objects.put_once(s3, bucket, job.key("gate.json"), objects.as_json(verdict)):
        return verdict
    return find(s3, bucket, job) or verdict


def _reads_otherwise(s3: S3Client, bucket: str, contract: Contract, serving: str | None) -> bool:
    """A contract that cannot be read, perhaps of an older stack, is taken for another one."""
    if serving is None:
        return False
    if not objects.exists(s3, bucket, f"runs/{serving}/contract.json"):
        return True
    try:
        return not contract.schema.reads_as(_contract(s3, bucket, serving).schema)
    except ContractError:
        return True


def _contract(s3: S3Client, bucket: str, model: str) -> Contract:
    return Contract.from_json(s3.get_object(Bucket=bucket, Key=f"runs/{model}/contract.json")["Body"].read())
