"""Reasons taken from CloudWatch Logs."""

import time
import uuid

import pytest

from local import explain
from local.stack import Stack

from .conftest import Host


@pytest.fixture
def stack(host: Host) -> Stack:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    return Stack(host.server.url, "us-east-1", "bucket", "", "", f"{name}-endpoint", name)


def log(host: Host, group: str, stream: str, *lines: str) -> None:
    logs = host.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_a_training_tells_its_own_reason(host: Host, stack: Stack) -> None:
    job = {"TrainingJobName": f"{stack.stack_name}-1", "FailureReason": "AlgorithmError: exit code 1"}
    marked = 'TRAINING_FAILED {"error": "TrainingError", "message": "no fraud at all"}'
    log(host, explain.TRAINING_LOGS, f"{job['TrainingJobName']}/algo-1", "reading files", marked, "exit 1")
    assert explain.failure(stack, job) == "no fraud at all"


def test_a_training_that_was_killed_shows_sagemakers_reason_and_its_last_lines(host: Host, stack: Stack) -> None:
    job = {"TrainingJobName": f"{stack.stack_name}-2", "FailureReason": "AlgorithmError: exit code 137"}
    log(host, explain.TRAINING_LOGS, f"{job['TrainingJobName']}/algo-1", "reading files")
    told = explain.failure(stack, job)
    assert told.startswith("AlgorithmError: exit code 137\n")
    assert told.endswith("\n    reading files")


def test_a_function_shows_what_it_said_without_the_runtimes_lines(host: Host, stack: Stack) -> None:
    group = f"/aws/lambda/{stack.stack_name}-train"
    log(host, group, "1", "START RequestId: 1", '{"level":"ERROR","message":"no permission"}', "END RequestId: 1")
    assert explain.function(stack, "train") == (
        f'\n  the end of the log {group}:\n    {{"level":"ERROR","message":"no permission"}}'
    )


def test_nothing_logged_adds_nothing(stack: Stack) -> None:
    assert explain.endpoint(stack) == ""
