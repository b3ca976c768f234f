"""Follows a stack until its model serves, and says why when it does not come to that."""

import json
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local import control, explain
from local import stack as stacks
from local.errors import LocalError
from local.home import Home, last_lines
from local.progress import Progress
from local.stack import Stack
from local.stage import Facts, Stage, judge

POLL_SECONDS = 0.5
# Longest stay in a stage without anything new. A training job has its own limit; uploads wait for the quiet period
# after the last file.
PATIENCE_SECONDS = {"waiting": 300.0, "training": 6 * 3600.0, "loading": 900.0, "deploying": 300.0}
REFUSALS = ("damaged", "rejected", "pending", "failed", "rolled-back")
WORKING = {"waiting": "train", "training": "train", "loading": "backfill", "deploying": "deploy"}


def until_live(home: Home, stack: Stack, dropped_at: datetime | None, progress: Progress) -> str:
    """The model that serves. `dropped_at`: when new files were dropped; None when there were none."""
    queues, uploads = dead_letter_queues(stack), Uploads(stack)
    stage, since = Stage("", ""), time.monotonic()
    while True:
        if control.running(home) is None:
            raise LocalError(f"the server died, its last words in {home.shown(home.server_log)}:\n{_words(home)}")
        handled = uploads.handled()  # asked first: the function creates a job before its message is gone
        facts = replace(look(stack, queues, dropped_at), uploads_handled=handled)
        before, stage = stage, judge(facts, expects_job=dropped_at is not None)
        if stage.name == "live":
            return stage.text
        if stage.name == "failed":
            raise LocalError(explained(stack, stage, facts))
        if stage != before:
            since = time.monotonic()
        if time.monotonic() - since > PATIENCE_SECONDS[stage.name]:
            minutes = PATIENCE_SECONDS[stage.name] / 60
            raise LocalError(
                f"nothing happened for {minutes:.0f} minutes: {stage.text}"
                + explain.function(stack, WORKING[stage.name])
            )
        progress.show(stage.text)
        time.sleep(POLL_SECONDS)


def nothing_under_way(stack: Stack) -> bool:
    """No model serves and nothing leads to one: a killed server may have lost the events of the last files."""
    facts = look(stack, {}, None)
    failed = facts.job is None or facts.job["TrainingJobStatus"] in ("Failed", "Stopped")
    return facts.live is None and failed and not Uploads(stack).waiting()


class Uploads:
    """Whether the dropped files have been through the train function: their messages were seen, and are gone."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._url = stacks.outputs(stack.endpoint_url, stack.stack_name)["UploadsQueueUrl"]
        self._seen = False

    def waiting(self) -> bool:
        return _messages(self._stack, self._url, "", "NotVisible", "Delayed") > 0

    def handled(self) -> bool:
        there = self.waiting()
        self._seen = self._seen or there
        return self._seen and not there


def explained(stack: Stack, stage: Stage, facts: Facts) -> str:
    if stage.culprit == "job" and facts.job:
        return f"{stage.text}: {explain.failure(stack, facts.job)}"
    if stage.culprit == "endpoint":
        return stage.text + explain.endpoint(stack)
    return stage.text + explain.function(stack, stage.culprit)


def look(stack: Stack, queues: dict[str, str], dropped_at: datetime | None) -> Facts:
    job = _newest_job(stack, dropped_at)
    return Facts(
        job=job,
        history=_history(stack, job["TrainingJobName"]) if job else (0, 0),
        refused=_refused(stack, job["TrainingJobName"]) if job else None,
        live=live_model(stack),
        endpoint=_endpoint(stack),
        dead_letters={function: _messages(stack, url, "") for function, url in queues.items()},
    )


def live_model(stack: Stack) -> str | None:
    try:
        content = stack.client("s3").get_object(Bucket=stack.bucket, Key="config/live.json")["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return str(json.loads(content)["model"])


def _refused(stack: Stack, job: str) -> str | None:
    """The notice with which the deploy function gave a model up, if it did."""
    s3, prefix = stack.client("s3"), f"runs/{job}/announced/"
    listed = s3.list_objects_v2(Bucket=stack.bucket, Prefix=prefix).get("Contents", [])
    told = {f"{prefix}{verdict}.json" for verdict in REFUSALS} & {item["Key"] for item in listed}
    if not told:
        return None
    notice = json.loads(s3.get_object(Bucket=stack.bucket, Key=told.pop())["Body"].read())
    return f"{notice['subject']}\n{notice['text'].rstrip()}"


def _history(stack: Stack, job: str) -> tuple[int, int]:
    """How many parts of what training knows are in the table, and how many there are."""
    prefix = f"runs/{job}/history/"
    pages = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.bucket, Prefix=prefix)
    names = [item["Key"].removeprefix(prefix) for page in pages for item in page.get("Contents", [])]
    return sum(name.startswith("loaded/") for name in names), sum(name.startswith("part-") for name in names)


def _newest_job(stack: Stack, created_after: datetime | None) -> dict[str, Any] | None:
    sagemaker = stack.client("sagemaker")
    window = {"CreationTimeAfter": created_after} if created_after else {}
    listed = sagemaker.list_training_jobs(
        NameContains=f"{stack.stack_name}-", SortBy="CreationTime", SortOrder="Descending", MaxResults=1, **window
    )["TrainingJobSummaries"]
    if not listed:
        return None
    described: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=listed[0]["TrainingJobName"])
    return described


def _endpoint(stack: Stack) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = stack.client("sagemaker").describe_endpoint(EndpointName=stack.endpoint_name)
    except ClientError as error:
        if "Could not find" in error.response["Error"]["Message"]:
            return None
        raise
    return described


def dead_letter_queues(stack: Stack) -> dict[str, str]:
    outputs = stacks.outputs(stack.endpoint_url, stack.stack_name)
    names = {"train": "Uploads", "backfill": "Backfills", "deploy": "Deployments"}
    return {function: outputs[f"{name}DeadLetterQueueUrl"] for function, name in names.items()}


def _messages(stack: Stack, queue_url: str, *kinds: str) -> int:
    names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
    told = stack.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)


def _words(home: Home) -> str:
    return last_lines(home.server_log)
