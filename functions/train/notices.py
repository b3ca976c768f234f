"""What people are told when dropped files do not lead to a training job."""

from __future__ import annotations

import hashlib

from functions.aws import objects
from functions.aws.announcements import Notice
from functions.train.uploads import File


def ignored(bucket: str, files: list[File]) -> Notice:
    listed = "\n".join(f"  {file.key} {file.refusal}" for file in files[:50])
    more = f"\n  and {len(files) - 50} more" if len(files) > 50 else ""
    return Notice(
        f"Not trained on: {objects.some([file.key for file in files], 2)}",
        f"These files under s3://{bucket}/transactions/ are ignored:\n{listed}{more}\n\n"
        "Training files are CSV (also gzipped) with a header row, or Parquet. Convert and drop them again, e.g.\n"
        f"  aws s3 cp transactions.csv s3://{bucket}/transactions/\n"
        "and remove the ignored ones with aws s3 rm.\n",
    )


def ignored_marker(files: list[File]) -> str:
    content = "\n".join(f"{file.key}\0{file.etag}" for file in files)
    return f"runs/ignored/{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def over_quota(job: str, instance_type: str, reason: str) -> Notice:
    return Notice(
        f"Training waits for quota: {job}",
        f"SageMaker does not start training job {job} yet: {reason}\n\n"
        "It is tried again every few minutes for 12 hours. If no other training job is running, ask for more:\n"
        f'  aws service-quotas list-service-quotas --service-code sagemaker --query "Quotas[?contains(QuotaName, '
        f"'{instance_type} for training job usage')]\"\n",
    )


def schema_too_large(reason: str) -> Notice:
    return Notice("Training not started: the schema is too large", f"{reason}\n\nDrop a corrected one, then a file.\n")
