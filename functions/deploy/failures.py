"""Why a training job failed. SageMaker's own reason only says that the program did; the program's is in its log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors
from functions.deploy.job import TrainedJob

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
MARK = "TRAINING_FAILED"
KILLED = "exit code: 137"
MOST_PAGES = 20  # a filtered search returns empty pages while it reads on


def reason(logs: CloudWatchLogsClient, job: TrainedJob) -> str:
    if job.status == "Stopped":
        return _stopped(job)
    return _logged(logs, job) or _given(job.failure_reason) or f"SageMaker gives no reason ({job.secondary_status})"


def _given(reason: str) -> str:
    """A program that was killed could not say why."""
    if KILLED in reason:
        return f"{reason} (it was killed, most often for want of memory: choose a larger TrainingInstanceType)"
    return reason


def _stopped(job: TrainedJob) -> str:
    if job.secondary_status == "MaxRuntimeExceeded":
        return "it ran longer than TrainingMaxRuntimeSeconds allows"
    if job.secondary_status == "MaxWaitTimeExceeded":
        return "no spot capacity came, or not for long enough"
    return "it was stopped by hand"


def _logged(logs: CloudWatchLogsClient, job: TrainedJob) -> str | None:
    token: dict[str, Any] = {}
    for _ in range(MOST_PAGES):
        try:
            page = logs.filter_log_events(
                logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job.name}/", filterPattern=f'"{MARK}"', **token
            )
        except ClientError as error:
            if errors.code(error) == "ResourceNotFoundException":
                return None  # no training job of this account ever wrote a line
            raise
        for event in page.get("events", []):
            found = _message(event.get("message", ""))
            if found:
                return found
        if "nextToken" not in page:
            return None
        token = {"nextToken": page["nextToken"]}
    return None


def _message(line: str) -> str | None:
    _, mark, text = line.partition(MARK)
    if not mark:
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return text.strip()[:1000] or None
    message = document.get("message") if isinstance(document, dict) else None
    return str(message)[:1000] if message else None
