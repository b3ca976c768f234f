"""Why a step failed, in the words of the one that failed: a training's own reason, the end of a function's log."""

import json
from typing import Any

from botocore.exceptions import ClientError

from local.stack import Stack

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
ENDPOINT_LOGS = "/aws/sagemaker/Endpoints"
MARK = "TRAINING_FAILED"  # how model/train.py marks the line that says what is wrong
NOISE = ("START ", "END ", "REPORT ", '{"_aws"')
LINES = 8


def failure(stack: Stack, job: dict[str, Any]) -> str:
    """Why a training job ended badly. SageMaker's own reason only says that the program failed."""
    lines = _lines(stack, TRAINING_LOGS, f"{job['TrainingJobName']}/")
    for line in reversed(lines):
        if MARK in line:
            return _told(line)
    reason = job.get("FailureReason") or job.get("SecondaryStatus", "no reason given")
    return str(reason) + _shown(TRAINING_LOGS, lines)


def function(stack: Stack, name: str) -> str:
    """The end of what a function logged."""
    group = f"/aws/lambda/{stack.stack_name}-{name}"
    return _shown(group, [line for line in _lines(stack, group) if not line.startswith(NOISE)])


def endpoint(stack: Stack) -> str:
    group = f"{ENDPOINT_LOGS}/{stack.endpoint_name}"
    return _shown(group, _lines(stack, group))


def _told(line: str) -> str:
    text = line.partition(MARK)[2].strip()
    try:
        return str(json.loads(text)["message"])
    except (json.JSONDecodeError, KeyError):
        return text


def _lines(stack: Stack, group: str, stream_prefix: str | None = None) -> list[str]:
    only = {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
    pages = stack.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, **only)
    try:
        return [event["message"].rstrip() for page in pages for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []  # nothing was ever logged there
        raise


def _shown(group: str, lines: list[str]) -> str:
    last = "".join(f"\n    {line[:300]}" for line in lines[-LINES:])
    return f"\n  the end of the log {group}:{last}" if last else ""
