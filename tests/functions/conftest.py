"""A bucket, a table and the functions' settings; neighbours are moto's or in memory, nothing leaves the machine."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import s3_backends

from functions.aws import requests
from functions.deploy.handler import Ports, handler, wire
from functions.monitor.handler import Ports as MonitorPorts
from functions.monitor.handler import handler as run_monitor
from functions.monitor.handler import wire as wire_monitor
from functions.settings import (
    BulkSettings,
    DeploySettings,
    LabelSettings,
    ListsSettings,
    MonitorSettings,
    RulesSettings,
    ScoreSettings,
    TrainSettings,
)
from tests.functions.artefacts import history_of, model_tar, output_tar
from tests.functions.fakes import ACCOUNT, Clock, FakeCloudWatch, FakeLogs, FakeRuntime, FakeSageMaker, FakeSns, FakeSqs

REGION = "us-east-1"
BUCKET = "fraud-bucket-1a2b3c4d5e6f"  # the one in events/
TABLE = "fraud-decisions"
HISTORY = "fraud-history"
LISTS = "fraud-lists"
STACK_KEY = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:fraud-StackKey-1a2b3c"
EVENTS = Path(__file__).parents[2] / "events"


def sample_event(name: str) -> dict[str, Any]:
    return dict(json.loads((EVENTS / f"{name}.json").read_text("utf-8")))


@dataclass
class Context:
    """What Lambda hands a handler beside the event."""

    function_name: str = "fraud-function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fraud-function"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    seconds_left: float = 900.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture(autouse=True)
def lambda_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "FraudScoring/test")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@cache
def client(service: str) -> Any:
    """Made once: moto answers it whenever it is switched on, and making one takes longer than most tests."""
    return boto3.client(service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def s3(lambda_environment: None) -> Any:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client("s3")


@pytest.fixture
def table(lambda_environment: None) -> Any:
    client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").create_table(
        TableName=LISTS,
        AttributeDefinitions=[{"AttributeName": "entity", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "entity", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client("dynamodb")


@pytest.fixture
def history_table(lambda_environment: None) -> Any:
    client("dynamodb").create_table(
        TableName=HISTORY,
        AttributeDefinitions=[{"AttributeName": "entity", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "entity", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client("dynamodb")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sagemaker(clock: Clock) -> FakeSageMaker:
    return FakeSageMaker(clock)


@pytest.fixture
def sns() -> FakeSns:
    return FakeSns()


@pytest.fixture
def sqs() -> FakeSqs:
    return FakeSqs()


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs()


@pytest.fixture
def cloudwatch() -> FakeCloudWatch:
    return FakeCloudWatch({"fraud-failures": "OK", "fraud-latency": "INSUFFICIENT_DATA"})


@pytest.fixture
def runtime(sagemaker: FakeSageMaker, s3: Any) -> FakeRuntime:
    return FakeRuntime(sagemaker, s3, BUCKET)


@dataclass
class Drop:
    """Drops files in the bucket, at times of the test's choosing."""

    s3: Any
    clock: Clock

    def __call__(self, key: str, content: bytes = b"transaction_id,amount\n1,2\n", at: datetime | None = None) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        stored = s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys[key]
        stored.last_modified = (at or self.clock()).astimezone(UTC).replace(tzinfo=None)


@pytest.fixture
def drop(s3: Any, clock: Clock) -> Drop:
    return Drop(s3, clock)


def stored(s3: Any, prefix: str = "") -> set[str]:
    return {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])}


def read(s3: Any, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def package_of(sagemaker: FakeSageMaker, job: str) -> str:
    """Its ARN."""
    (found,) = [arn for arn, one in sagemaker.packages.items() if one["ModelPackageDescription"] == job]
    return found


def live_model(s3: Any) -> str:
    return str(json.loads(read(s3, "config/live.json"))["model"])


def train_settings(**changes: Any) -> TrainSettings:
    values: dict[str, Any] = {
        "stack_name": "fraud",
        "bucket": BUCKET,
        "topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:fraud-Topic",
        "aws_region": REGION,
        "sagemaker_role_arn": f"arn:aws:iam::{ACCOUNT}:role/fraud-SageMakerRole",
        "training_instance_type": "ml.m5.xlarge",
        "training_volume_gb": 30,
        "training_max_runtime_seconds": 14400,
        "spot_training": False,
        "training_options": {},
    }
    return TrainSettings(**(values | changes))


def deploy_settings(**changes: Any) -> DeploySettings:
    values: dict[str, Any] = {
        "stack_name": "fraud",
        "bucket": BUCKET,
        "topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:fraud-Topic",
        "aws_region": REGION,
        "sagemaker_role_arn": f"arn:aws:iam::{ACCOUNT}:role/fraud-SageMakerRole",
        "queue_url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/fraud-DeploymentsQueue",
        "backfills_queue_url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/fraud-BackfillsQueue",
        "poll_seconds": 60,
        "approval": "auto",
        "endpoint_name": "fraud-endpoint",
        "endpoint_type": "instance",
        "serving_instance_type": "ml.m5.large",
        "serving_instance_count": 1,
        "serverless_memory_mb": 2048,
        "serverless_max_concurrency": 10,
        "traffic_shift": "CANARY",
        "rollout_bake_seconds": 600,
        "rollback_alarms": ["fraud-failures", "fraud-latency"],
    }
    return DeploySettings(**(values | changes))


def monitor_settings(**changes: Any) -> MonitorSettings:
    deploy = deploy_settings()
    same = ("stack_name", "bucket", "topic_arn", "queue_url", "endpoint_name", "endpoint_type")
    values: dict[str, Any] = {name: getattr(deploy, name) for name in same} | {
        "serving_instance_type": deploy.serving_instance_type,
        "serving_instance_count": deploy.serving_instance_count,
        "serving_instance_price": 0.0,
        "kept_models": 3,
        "lost_after_seconds": 600,
    }
    return MonitorSettings(**(values | changes))


SCORE_SETTINGS = ScoreSettings(
    bucket=BUCKET,
    decisions_table=TABLE,
    history_table=HISTORY,
    lists_table=LISTS,
    stack_key_arn=STACK_KEY,
    retention_days=400,
    score_budget_ms=800,
)
RULES_SETTINGS = RulesSettings(bucket=BUCKET, topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:fraud-Topic")
LISTS_SETTINGS = ListsSettings(bucket=BUCKET, lists_table=LISTS, stack_key_arn=STACK_KEY)
BULK_SETTINGS = BulkSettings(
    bucket=BUCKET,
    decisions_table=TABLE,
    history_table=HISTORY,
    lists_table=LISTS,
    retention_days=400,
    score_budget_ms=5000,
    stack_key_arn=STACK_KEY,
    topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:fraud-Topic",
    queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/fraud-BulkQueue",
    poll_seconds=60,
)
LABEL_SETTINGS = LabelSettings(
    bucket=BUCKET,
    topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:fraud-Topic",
    decisions_table=TABLE,
    history_table=HISTORY,
    queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/fraud-LabelsQueue",
)


@pytest.fixture
def deploy_changes() -> dict[str, Any]:
    """Settings that a test wants to be other ones: it overrides this."""
    return {}


@pytest.fixture
def deploy_ports(
    s3: Any, sagemaker: FakeSageMaker, logs: FakeLogs, sns: FakeSns, sqs: FakeSqs, clock: Clock,
    cloudwatch: FakeCloudWatch, runtime: FakeRuntime, deploy_changes: dict[str, Any],
) -> Ports:  # fmt: skip
    return wire(deploy_settings(**deploy_changes), s3, sagemaker, logs, sns, sqs, cloudwatch, runtime, clock)


@pytest.fixture
def trained(s3: Any, sagemaker: FakeSageMaker, clock: Clock) -> Callable[..., str]:
    """A training job that completed, with its archives."""

    def train(job: str, archive: bytes | None = None, history: dict[str, bytes] | None = None, **more: Any) -> str:
        clock.advance(minutes=10)
        sagemaker.create_training_job(**requests.training_job(train_settings(), job, "c" * 64))
        s3.put_object(Bucket=BUCKET, Key=f"runs/{job}/output/model.tar.gz", Body=archive or model_tar(job))
        outputs = output_tar(
            history_of() if history is None else history,
            evaluation_json=b"{}",
            report_html=b"<html>",
            rejected_csv=b"row,reason\n17,amount\n",
        )
        s3.put_object(Bucket=BUCKET, Key=f"runs/{job}/output/output.tar.gz", Body=outputs)
        sagemaker.end_job(job, **more)
        return job

    return train


@pytest.fixture
def deliver(context: Context, deploy_ports: Ports) -> Callable[[str], bool]:
    """Delivers the event that a job ended, and says whether the message comes back."""

    def send(job: str) -> bool:
        event = sample_event("deploy-job-completed")
        body = json.loads(event["Records"][0]["body"])
        body["detail"]["TrainingJobName"] = job
        event["Records"][0]["body"] = json.dumps(body)
        return handler(event, context, ports=deploy_ports) != {"batchItemFailures": []}

    return send


@pytest.fixture
def live(deliver: Any, trained: Any, sagemaker: FakeSageMaker) -> Callable[[str], str]:
    """A job whose model serves."""

    def bring(job: str) -> str:
        trained(job)
        assert deliver(job)
        sagemaker.settle_endpoint()
        assert not deliver(job)
        return job

    return bring


@pytest.fixture
def monitor_ports(
    s3: Any, sagemaker: FakeSageMaker, sns: FakeSns, sqs: FakeSqs, cloudwatch: FakeCloudWatch, clock: Clock
) -> MonitorPorts:
    return wire_monitor(monitor_settings(), s3, sagemaker, sns, sqs, cloudwatch, clock)


@pytest.fixture
def monitor(context: Context, monitor_ports: MonitorPorts, sqs: FakeSqs, clock: Clock) -> Callable[..., list[Any]]:
    """Runs it after a while, and hands out the messages that it sent."""

    def run(**later: float) -> list[dict[str, Any]]:
        clock.advance(**(later or {"minutes": 15}))
        before = len(sqs.sent)
        run_monitor(sample_event("monitor-schedule"), context, ports=monitor_ports)
        return [message["detail"] for message in sqs.sent[before:]]

    return run


@pytest.fixture
def tell(context: Context, deploy_ports: Ports) -> Callable[[dict[str, Any]], bool]:
    """Delivers a message to the deploy function, and says whether it comes back."""

    def send(detail: dict[str, Any]) -> bool:
        event = sample_event("deploy-job-completed")
        event["Records"][0]["body"] = json.dumps({"detail": detail})
        return handler(event, context, ports=deploy_ports) != {"batchItemFailures": []}

    return send
