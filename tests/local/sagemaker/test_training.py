"""What a training job goes through, and what it tells of it."""

import os
import signal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import ROLE, FakePorts, Stack, wait_for
from tests.local.sagemaker.work import (
    TRAINS,
    begin_training,
    finished,
    log_lines,
    secondary,
    train,
    training_request,
    untar,
)

WAITS = """
    import os, pathlib, time
    pathlib.Path(os.environ["SM_MODEL_DIR"], "half.txt").write_text("half")
    print("waiting", os.getpid(), flush=True)
    time.sleep(60)
"""
GROUP = "/aws/sagemaker/TrainingJobs"


def transitions(job: dict[str, Any]) -> list[str]:
    return [transition["Status"] for transition in job["SecondaryStatusTransitions"]]


def keys(stack: Stack, bucket: str) -> set[str]:
    listed = stack.s3.list_objects_v2(Bucket=bucket, Prefix="runs/").get("Contents", [])
    return {entry["Key"] for entry in listed}


def test_a_job_passes_every_status_in_order_with_times_that_fit(stack: Stack, bucket: str) -> None:
    job = train(stack, bucket, TRAINS)

    assert transitions(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    steps = job["SecondaryStatusTransitions"]
    assert all(step["StartTime"] <= step["EndTime"] for step in steps)
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"] == job["LastModifiedTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"]
    assert job["TrainingJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:training-job/job"
    assert job["RoleArn"] == ROLE


def test_log_lines_and_results_are_there_when_completion_is_announced(
    stack: Stack, bucket: str, ports: FakePorts
) -> None:
    seen: dict[str, Any] = {}

    def look(detail: dict[str, Any]) -> None:
        if detail["TrainingJobStatus"] == "Completed" and not seen:
            seen.update(lines=log_lines(stack, GROUP, "job/algo-1-"), keys=keys(stack, bucket))

    ports.watch = look
    train(stack, bucket, TRAINS + '    print("the last line")\n')

    wait_for(lambda: seen)
    assert seen["lines"][-1] == "the last line"
    assert "runs/job/output/model.tar.gz" in seen["keys"]


def test_a_failing_script_fails_the_job_as_the_container_words_it(stack: Stack, bucket: str) -> None:
    script = """
    import os, pathlib, sys
    pathlib.Path(os.environ["SM_MODEL_DIR"], "half.txt").write_text("half")
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "failure.json").write_text("{}")
    sys.exit("no fraud at all")
"""
    parameters = training_request(bucket)["HyperParameters"] | {"num_round": "5"}
    job = train(stack, bucket, script, HyperParameters=parameters)

    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == (
        'AlgorithmError: ExecuteUserScriptError:\nCommand "/usr/bin/python3 -m train --num_round 5", exit code: 1'
    )
    assert "ModelArtifacts" not in job
    assert keys(stack, bucket) == {"runs/job/output/output.tar.gz"}
    packed = stack.s3.get_object(Bucket=bucket, Key="runs/job/output/output.tar.gz")["Body"].read()
    assert untar(packed) == {"failure.json": "{}"}
    assert "no fraud at all" in log_lines(stack, GROUP, "job/")


def test_a_killed_process_fails_the_job_with_its_signal(stack: Stack, bucket: str) -> None:
    begin_training(stack, bucket, WAITS)
    secondary(stack, "job", "Training")
    lines = wait_for(lambda: [line for line in log_lines(stack, GROUP, "job/") if line.startswith("waiting")])
    os.kill(int(lines[0].split()[1]), signal.SIGKILL)

    job = finished(stack)
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", "AlgorithmError: , exit code: 137")


def test_a_stopped_job_keeps_what_it_had_saved(stack: Stack, bucket: str) -> None:
    begin_training(stack, bucket, WAITS)
    wait_for(lambda: [line for line in log_lines(stack, GROUP, "job/") if line.startswith("waiting")])
    stack.sagemaker.stop_training_job(TrainingJobName="job")
    assert stack.sagemaker.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] == "Stopping"

    job = finished(stack)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert transitions(job)[-2:] == ["Stopping", "Stopped"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/runs/job/output/model.tar.gz")
    with pytest.raises(ClientError, match="rejected because the training job is in status Stopped"):
        stack.sagemaker.stop_training_job(TrainingJobName="job")


def test_a_job_beyond_its_runtime_ends_as_stopped(stack: Stack, bucket: str) -> None:
    job = train(stack, bucket, WAITS, StoppingCondition={"MaxRuntimeInSeconds": 1})

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "FailureReason" not in job


def test_jobs_beyond_the_capacity_wait_can_be_stopped_and_give_up(start: Any, ports: FakePorts) -> None:
    stack = start(jobs_at_once=1)
    stack.s3.create_bucket(Bucket="busy")
    begin_training(stack, "busy", WAITS, "first")
    begin_training(stack, "busy", TRAINS, "second")
    begin_training(
        stack,
        "busy",
        TRAINS,
        "third",
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1},
    )
    secondary(stack, "second", "Pending")
    stack.sagemaker.stop_training_job(TrainingJobName="second")

    assert transitions(finished(stack, "second")) == ["Starting", "Pending", "Stopping", "Stopped"]
    assert finished(stack, "third")["SecondaryStatus"] == "MaxWaitTimeExceeded"

    begin_training(stack, "busy", TRAINS, "fourth")
    stack.sagemaker.stop_training_job(TrainingJobName="first")
    assert finished(stack, "fourth")["TrainingJobStatus"] == "Completed"


def test_the_last_value_of_each_metric_is_kept(stack: Stack, bucket: str) -> None:
    script = r"""
    for number in range(3):
        print(f"[{number}]\ttrain-auc:{number}.5\tvalidation-auc:0.{number}", flush=True)
"""
    algorithm = training_request(bucket)["AlgorithmSpecification"] | {
        "MetricDefinitions": [
            {"Name": "validation:auc", "Regex": r".*\[[0-9]+\].*#011validation-auc:(\S+)"},
            {"Name": "never", "Regex": "never=(.*);"},
        ]
    }
    job = train(stack, bucket, script, AlgorithmSpecification=algorithm)

    assert [(metric["MetricName"], round(metric["Value"], 3)) for metric in job["FinalMetricDataList"]] == [
        ("validation:auc", 0.2)
    ]


def test_checkpoints_are_saved_and_given_to_the_next_job(stack: Stack, bucket: str) -> None:
    script = """
    import os, pathlib
    for root, _, _ in os.walk(os.path.dirname(os.environ["SM_MODEL_DIR"])):
        if os.path.basename(root) == "checkpoints":
            state = pathlib.Path(root, "state.txt")
    print("found", state.exists() and state.read_text())
    state.write_text("round 7")
"""
    config = {"S3Uri": f"s3://{bucket}/checkpoints/one"}
    train(stack, bucket, script, "first", CheckpointConfig=config)
    train(stack, bucket, script, "second", CheckpointConfig=config)

    assert "found False" in log_lines(stack, GROUP, "first/")
    assert "found round 7" in log_lines(stack, GROUP, "second/")


def test_output_of_any_kind_becomes_log_lines(stack: Stack, bucket: str) -> None:
    script = r"""
    import sys
    sys.stdout.buffer.write(b"caf\xc3\xa9 \xff\n\n" + b"x" * 300_000 + b"\nno newline at the end")
"""
    job = train(stack, bucket, script)

    lines = log_lines(stack, GROUP, "job/")
    assert job["TrainingJobStatus"] == "Completed"
    assert "café �" in lines
    assert sum(line.count("x") for line in lines if set(line) == {"x"}) == 300_000
    assert lines[-1] == "no newline at the end"


def test_a_name_can_be_used_once(stack: Stack, bucket: str) -> None:
    train(stack, bucket, TRAINS)
    with pytest.raises(stack.sagemaker.exceptions.ResourceInUse, match="Training job names must be unique within"):
        stack.sagemaker.create_training_job(**training_request(bucket))


def test_too_many_unfinished_jobs_exceed_the_limit(start: Any) -> None:
    stack = start(job_limit=1)
    stack.s3.create_bucket(Bucket="limited")
    begin_training(stack, "limited", WAITS, "first")
    with pytest.raises(stack.sagemaker.exceptions.ResourceLimitExceeded, match="for training job usage' is 1"):
        begin_training(stack, "limited", TRAINS, "second")


def test_a_job_that_nobody_knows_is_not_found(stack: Stack) -> None:
    for call in (stack.sagemaker.describe_training_job, stack.sagemaker.stop_training_job):
        with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found\."):
            call(TrainingJobName="nobody")
