"""A running stack as its users see it: REST API, S3, AWS clients. Nothing here reaches behind the public interfaces."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def wait_for[T](what: str, probe: Callable[[], T | None], seconds: float = 200) -> T:
    """Poll until `probe` returns something true; fail by name after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.3)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@dataclass(frozen=True)
class Stack:
    endpoint_url: str
    region: str
    bucket: str
    api_url: str
    api_key: str
    endpoint_name: str
    stack_name: str

    @classmethod
    def read(cls, path: Path) -> "Stack":
        return cls(**json.loads(path.read_text()))

    def client(self, service: str) -> Any:
        config = Config(retries={"max_attempts": 3, "mode": "standard"}, s3={"addressing_style": "path"})
        return boto3.client(
            service, endpoint_url=self.endpoint_url, region_name=self.region, config=config, **CREDENTIALS
        )

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    @cached_property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    @cached_property
    def outputs(self) -> dict[str, str]:
        described = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def physical_id(self, logical_id: str) -> str:
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack_name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def post(self, path: str, **kwargs: Any) -> requests.Response:
        headers = {"x-api-key": self.api_key, **kwargs.pop("headers", {})}
        return requests.post(f"{self.api_url}{path}", headers=headers, timeout=30, **kwargs)

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        headers = {"x-api-key": self.api_key, **kwargs.pop("headers", {})}
        return requests.get(f"{self.api_url}{path}", headers=headers, timeout=30, **kwargs)

    def live(self) -> dict[str, Any]:
        return self.read_json("config/live.json")

    def wait_until_live(self, job: str, seconds: float = 400) -> None:
        wait_for(f"{job} going live", lambda: self.live()["model"] == job, seconds)

    def wait_for_new_job(self, known: set[str], seconds: float = 200) -> str:
        return wait_for("a new training job", lambda: next(iter(self.jobs() - known), None), seconds)

    def wait_for_job_end(self, job: str, seconds: float = 400) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            described = self.sagemaker.describe_training_job(TrainingJobName=job)
            return described if described["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"} else None

        return wait_for(f"the end of {job}", ended, seconds)

    def jobs(self) -> set[str]:
        pages = self.sagemaker.get_paginator("list_training_jobs").paginate()
        return {job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]}

    def upload(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def read_json(self, key: str) -> dict[str, Any]:
        return json.loads(self.read_object(key))

    def read_object(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def logged_decisions(self) -> list[dict[str, Any]]:
        return [json.loads(line) for key in self.keys("decisions/") for line in self.read_object(key).splitlines()]

    def logged_lines(self, since: int) -> Iterator[str]:
        """What any function or service has logged since that millisecond."""
        logs = self.client("logs")
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                pages = logs.get_paginator("filter_log_events")
                for found in pages.paginate(logGroupName=group["logGroupName"], startTime=since):
                    yield from (event["message"] for event in found["events"])

    @contextmanager
    def variables(self, function: str, **changed: str) -> Iterator[None]:
        """While the block runs, a function has other variables, as if other parameters had been deployed."""
        functions, name = self.client("lambda"), f"{self.stack_name}-{function}"
        before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

        def is_updated() -> bool:
            found = functions.get_function_configuration(FunctionName=name)
            return bool(found["LastUpdateStatus"] == "Successful")

        def put(variables: dict[str, str]) -> None:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
            wait_for(f"the update of {name}", is_updated, 60)

        put(before | changed)
        try:
            yield
        finally:
            put(before)

    @contextmanager
    def inbox(self) -> Iterator["Inbox"]:
        """What people are told while the block runs: a queue subscribed to the stack's topic."""
        sqs, sns, topic = self.client("sqs"), self.client("sns"), self.outputs["TopicArn"]
        queue = sqs.create_queue(QueueName=f"inbox-{time.monotonic_ns()}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
        try:
            yield Inbox(sqs, queue)
        finally:
            sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
            sqs.delete_queue(QueueUrl=queue)


@dataclass
class Inbox:
    sqs: Any
    queue: str

    def wait_for(self, *words: str, seconds: float = 400) -> str:
        """Return the first message that names all `words`."""
        return wait_for(f"a message about {words}", lambda: self._receive(words), seconds)

    def _receive(self, words: tuple[str, ...]) -> str | None:
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            notice = json.loads(message["Body"])
            text = f"{notice.get('Subject', '')}\n{notice['Message']}"
            if all(word in text for word in words):
                return text
        return None
