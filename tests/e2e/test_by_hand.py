"""The stack deployed with SAM's own commands, with a serverless endpoint, and deleted again as the README shows."""

import os
import subprocess
import tomllib
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from .conftest import ROOT, TOOLS, shell
from .stack import Stack, wait_for
from .test_training import csv


@pytest.fixture(scope="module")
def stack(sensitive_stack: Stack) -> Stack:
    """Whose account the other one gets into."""
    return sensitive_stack


def sam(stack: Stack, *arguments: str) -> None:
    command = [str(TOOLS / "sam"), *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=shell(stack), text=True, capture_output=True, timeout=600)
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"


def make(stack: Stack, *arguments: str) -> str:
    """Without installing anything."""
    command = ["make", "--old-file", ".venv/.installed", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=shell(stack), text=True, capture_output=True, timeout=600)
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    return ran.stdout


def names_of(stack: Stack, kind: str) -> list[str]:
    listed: dict[str, Any] = getattr(stack.sagemaker, f"list_{kind}s")(NameContains="fraud-byhand", MaxResults=100)
    (entries,) = (value for value in listed.values() if isinstance(value, list))
    return [name for entry in entries for key, name in entry.items() if key.endswith("Name")]


def test_sam_deploys_a_stack_that_trains_and_serves_and_deleting_it_leaves_no_endpoint(
    stack: Stack, simulated: pd.DataFrame, transactions: list[dict[str, Any]]
) -> None:
    sam(stack, "build")
    overrides = "--parameter-overrides", *local_parameters(), "EndpointType=serverless"
    sam(stack, "deploy", "--config-env", "local", "--stack-name", "fraud-byhand", *overrides)
    by_hand = describe(stack, "fraud-byhand")

    before = by_hand.post("/score", json=transactions[0])
    assert before.status_code == 200, before.text
    assert (before.json()["outcome"], before.json()["scored_by"]) == ("review", "fail_policy")

    by_hand.upload("transactions/first.csv", simulated.to_csv(index=False).encode())
    wait_for("a live model", lambda: is_live(by_hand), 400)
    wait_for("a function that has noticed it", lambda: by_hand.get("/health").json()["status"] == "ok", 60)
    answer = by_hand.post("/score", json=transactions[1]).json()
    assert answer["model"].startswith("fraud-byhand-")
    a_second_model_is_proved_on_an_endpoint_of_its_own(by_hand, simulated)
    kept = by_hand.get(f"/decisions/{transactions[0]['transaction_id']}").json()
    assert (kept["outcome"], kept["model"]) == ("review", None)

    told = make(stack, "destroy", "STACK=fraud-byhand")
    assert f"Kept, because nobody can bring it back: s3://{by_hand.bucket} with" in told
    assert not names_of(stack, "endpoint")
    assert not names_of(stack, "endpoint_config")
    assert not names_of(stack, "model")
    groups = stack.sagemaker.list_model_package_groups(NameContains="byhand")["ModelPackageGroupSummaryList"]
    assert groups == []
    logs = stack.client("logs").describe_log_groups(logGroupNamePrefix="/aws/sagemaker/Endpoints/fraud-byhand")
    assert logs["logGroups"] == []
    assert stack.s3.head_bucket(Bucket=by_hand.bucket), "the data bucket is kept by choice"
    make(stack, "erase", f"BUCKET={by_hand.bucket}")
    assert by_hand.bucket not in {bucket["Name"] for bucket in stack.s3.list_buckets()["Buckets"]}


def a_second_model_is_proved_on_an_endpoint_of_its_own(stack: Stack, simulated: pd.DataFrame) -> None:
    first, known = stack.live()["model"], stack.jobs()
    variants = stack.sagemaker.describe_endpoint(EndpointName=stack.endpoint_name)["ProductionVariants"]
    assert "CurrentServerlessConfig" in variants[0]
    stack.upload("transactions/second.csv", csv(simulated, os.urandom(3).hex()))
    job = stack.wait_for_new_job(known)
    wait_for("a candidate beside it", lambda: len(names_of(stack, "endpoint")) == 2, 400)
    assert stack.live()["model"] == first
    stack.wait_until_live(job)
    assert names_of(stack, "endpoint") == [stack.endpoint_name]


def local_parameters() -> list[str]:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    return list(settings["local"]["deploy"]["parameters"]["parameter_overrides"])


def is_live(stack: Stack) -> bool:
    try:
        return bool(stack.live())
    except ClientError:
        return False


def describe(stack: Stack, name: str) -> Stack:
    """The addresses of another stack in the same account."""
    outputs = replace(stack, stack_name=name).outputs
    key = stack.client("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    api_url = stack.api_url.replace(stack.outputs["ApiId"], outputs["ApiId"])
    return replace(
        stack,
        stack_name=name,
        bucket=outputs["BucketName"],
        api_url=api_url,
        api_key=key,
        endpoint_name=outputs["EndpointName"],
    )
