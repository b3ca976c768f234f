"""The model registry decides what serves: a model that waits, one that was turned down, and an older one again."""

import json
import os
from typing import Any

import pandas as pd

from .stack import Stack, wait_for
from .test_training import csv


def package_of(stack: Stack, job: str) -> dict[str, Any]:
    pages = stack.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=stack.stack_name)
    (found,) = [
        package
        for page in pages
        for package in page["ModelPackageSummaryList"]
        if package["ModelPackageDescription"] == job
    ]
    return found


def approve(stack: Stack, job: str) -> None:
    arn = package_of(stack, job)["ModelPackageArn"]
    stack.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")


def test_a_model_waits_for_approval_goes_live_with_it_and_the_older_one_comes_back_the_same_way(
    stack: Stack, simulated: pd.DataFrame, transactions: list[dict[str, Any]]
) -> None:
    before, known, mark = stack.live()["model"], stack.jobs(), os.urandom(3).hex()
    with stack.variables("deploy", APPROVAL="manual"), stack.inbox() as inbox:
        stack.upload(f"transactions/{mark}.csv", csv(simulated, mark))
        job = stack.wait_for_new_job(known)
        told = inbox.wait_for(job, "Waits for approval", seconds=300)
        waiting = package_of(stack, job)
        assert waiting["ModelApprovalStatus"] == "PendingManualApproval"
        assert f"--model-package-arn {waiting['ModelPackageArn']} --model-approval-status Approved" in told
        assert stack.live()["model"] == before
        wait_for("what it would decide", lambda: shadow_of(stack, transactions[0], job))

        approve(stack, job)
        stack.wait_until_live(job)
        assert inbox.wait_for(f"Live: model {job}")

        approve(stack, before)
        stack.wait_until_live(before)
        wait_for("an answer of the older model", lambda: model_that_answers(stack, transactions[0]) == before)
        assert inbox.wait_for(f"Live: model {before}")

    package = stack.sagemaker.describe_model_package(ModelPackageName=waiting["ModelPackageArn"])
    properties = package["CustomerMetadataProperties"]
    assert properties["training_job"] == job and properties["gate"] == "pass"
    manifest = stack.read_json(f"runs/{job}/input/manifest.json")
    assert properties["schema_sha256"] == manifest["schema"]["sha256"]
    assert properties["source_sha256"] == manifest["code"]["sha256"]
    for address in ("manifest", "report", "verdict"):
        assert stack.read_object(properties[address].removeprefix(f"s3://{stack.bucket}/"))
    stack.s3.delete_object(Bucket=stack.bucket, Key=f"transactions/{mark}.csv")


def shadow_of(stack: Stack, transaction: dict[str, Any], job: str) -> bool:
    """Whether a decision of the model that serves says what the one that waits would have made of it."""
    key = "config/shadow.json"
    stack.upload(key, json.dumps({"model": job}).encode())
    name = f"shadow-{os.urandom(4).hex()}"
    answer = stack.post("/score", json=transaction | {"transaction_id": name}).json()
    kept = stack.get(f"/decisions/{name}").json()
    if "shadow" not in kept:
        return False
    stack.s3.delete_object(Bucket=stack.bucket, Key=key)
    assert "shadow" not in answer and answer["model"] != job
    return bool(kept["shadow"]["model"] == job and 0 <= kept["shadow"]["score"] <= 1000)


def model_that_answers(stack: Stack, transaction: dict[str, Any]) -> str:
    name = f"approval-{os.urandom(4).hex()}"
    return str(stack.post("/score", json=transaction | {"transaction_id": name}).json().get("model"))
