"""What goes wrong on the way to a live model: people are told why, and the old model serves on."""

import io
import json
import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .stack import Stack, wait_for

DIES_WHEN_LOADED = 'def model_fn(model_dir):\n    raise RuntimeError("broken on purpose")\n\n\ntransform_fn = None\n'
SAVES_HALF_A_MODEL = (
    "import os, pathlib\n"
    'pathlib.Path(os.environ["SM_MODEL_DIR"], "trees.json").write_text(\'{"learner": {"attributes\')\n'
)


@pytest.fixture(autouse=True)
def _the_old_model_serves_on(stack: Stack, transactions: list[dict[str, Any]]) -> Iterator[None]:
    before = stack.live()["model"]
    yield
    answer = stack.post("/score", json=transactions[-1])
    assert (answer.status_code, answer.json().get("model"), stack.live()["model"]) == (200, before, before)


def start_training(stack: Stack, changed: dict[str, str] | None = None) -> str:
    """Train on the files that lie there as the live model was, but its source changed: {member: text}."""
    request = stack.sagemaker.describe_training_job(TrainingJobName=stack.live()["model"])
    name = f"{stack.stack_name}-{os.urandom(8).hex()}"
    was = {channel["ChannelName"]: channel for channel in request["InputDataConfig"]}
    source = was["code"]["DataSource"]["S3DataSource"]["S3Uri"].removeprefix(f"s3://{stack.bucket}/").rstrip("/")
    stack.upload(
        f"code/{name}/sourcedir.tar.gz", replaced(stack.read_object(f"{source}/sourcedir.tar.gz"), changed or {})
    )
    manifest = stack.read_json(f"runs/{stack.live()['model']}/input/manifest.json")
    stack.upload(f"runs/{name}/input/manifest.json", json.dumps(manifest | {"files": lying_there(stack)}).encode())
    stack.sagemaker.create_training_job(
        TrainingJobName=name,
        InputDataConfig=[
            {
                "ChannelName": channel,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{stack.bucket}/{prefix}"}},
            }
            for channel, prefix in (("train", "transactions/"), ("code", f"code/{name}/"))
        ],
        **{
            key: request[key]
            for key in (
                "HyperParameters",
                "AlgorithmSpecification",
                "RoleArn",
                "OutputDataConfig",
                "ResourceConfig",
                "StoppingCondition",
                "EnableNetworkIsolation",
                "Environment",
            )
        },
        Tags=stack.sagemaker.list_tags(ResourceArn=request["TrainingJobArn"])["Tags"],
    )
    return name


def lying_there(stack: Stack) -> list[dict[str, str]]:
    """The training files, as a manifest names them."""
    pages = stack.s3.get_paginator("list_object_versions").paginate(Bucket=stack.bucket, Prefix="transactions/")
    versions = [version for page in pages for version in page.get("Versions", []) if version["IsLatest"]]
    return [{"key": version["Key"], "version_id": version["VersionId"]} for version in versions]


def replaced(source: bytes, changed: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(source)) as old, tarfile.open(fileobj=made, mode="w:gz") as new:
        for member in old:
            body = changed.get(member.name, "").encode() or (old.extractfile(member) or io.BytesIO()).read()
            member.size = len(body)
            new.addfile(member, io.BytesIO(body))
    return made.getvalue()


def training_process(job: str) -> int | None:
    """The process that runs `model.train` for this job."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, folder = (process / "cmdline").read_bytes(), str((process / "cwd").readlink())
        except OSError:  # ended meanwhile
            continue
        if b"model.train" in command and job in folder:
            return int(process.name)
    return None


def test_a_killed_training_process_is_reported_as_failed(stack: Stack) -> None:
    with stack.inbox() as inbox:
        job = start_training(stack)
        os.kill(wait_for("the training process", lambda: training_process(job), 60), signal.SIGKILL)
        told = inbox.wait_for(job)

    described = stack.wait_for_job_end(job)
    assert described["TrainingJobStatus"] == "Failed"
    assert "137" in described["FailureReason"]
    assert "failed" in told.lower()


def test_a_stopped_training_is_reported_and_not_deployed(stack: Stack) -> None:
    with stack.inbox() as inbox:
        job = start_training(stack)
        wait_for("the training process", lambda: training_process(job), 60)
        stack.sagemaker.stop_training_job(TrainingJobName=job)
        told = inbox.wait_for(job)

    assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Stopped"
    assert "stopped" in told.lower()


def test_a_truncated_model_is_refused_although_its_job_completed(stack: Stack) -> None:
    with stack.inbox() as inbox:
        job = start_training(stack, {"model/train.py": SAVES_HALF_A_MODEL})
        told = inbox.wait_for(job)

    assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Completed"
    assert "checksums.json" in told


def test_a_model_that_dies_on_start_never_takes_traffic(stack: Stack) -> None:
    with stack.inbox() as inbox:
        job = start_training(stack, {"model/inference.py": DIES_WHEN_LOADED})
        told = inbox.wait_for(job)

    assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Completed"
    assert "rolled back" in told.lower()
    endpoint = stack.sagemaker.describe_endpoint(EndpointName=stack.endpoint_name)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", stack.live()["model"])
