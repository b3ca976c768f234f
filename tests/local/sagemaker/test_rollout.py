"""The deploy function's roll-out against a SageMaker that really serves: good models take over, others leave again."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.deploy.attempts import Attempts
from functions.deploy.candidate import Candidate
from functions.deploy.endpoint import Hosting
from functions.deploy.job import TrainedJob
from functions.deploy.proof import Proof
from functions.deploy.rollout import Progress, Rollout, Step
from tests.functions.artefacts import contract, golden
from tests.functions.conftest import deploy_settings
from tests.local.sagemaker.stack import ROLE, FakePorts, Stack
from tests.local.sagemaker.work import tar

FIRST, SECOND, WRONG = (f"fraud-{digit * 16}" for digit in "123")
ANSWERS = """
    import json
    def model_fn(model_dir):
        return None
    def transform_fn(model, body, content_type, accept):
        predictions = [{"fraud_probability": probability} for probability in PROBABILITIES]
        return json.dumps({"model": "MODEL", "predictions": predictions}), "application/json"
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


def trained(stack: Stack, bucket: str, name: str, error: float = 0.0) -> TrainedJob:
    """A model that is off by `error` where it serves."""
    expected = golden(contract(name))
    found = str([probability + error for probability in expected.probabilities])
    code = ANSWERS.replace("PROBABILITIES", found).replace("MODEL", name)
    artefact = f"runs/{name}/output/model.tar.gz"
    stack.s3.put_object(Bucket=bucket, Key=artefact, Body=tar({"code/inference.py": code}))
    stack.s3.put_object(Bucket=bucket, Key=f"runs/{name}/golden.json", Body=expected.to_json().encode())
    return TrainedJob(name, "Completed", "Completed", utc_now(), "", f"s3://{bucket}/{artefact}")


@pytest.fixture
def rollout(request: pytest.FixtureRequest, stack: Stack, ports: FakePorts, bucket: str) -> Rollout:
    cloudwatch = stack.client("cloudwatch", ports.endpoint_url)
    settings = deploy_settings(
        endpoint_type=request.param,
        bucket=bucket,
        sagemaker_role_arn=ROLE,
        serving_instance_count=2,
        rollout_bake_seconds=1,
    )
    for alarm in settings.rollback_alarms:
        cloudwatch.put_metric_alarm(
            AlarmName=alarm, Namespace="AWS/SageMaker", MetricName="ModelLatency", Statistic="Average", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    hosting = Hosting(stack.sagemaker, cloudwatch, settings)
    proof = Proof(stack.s3, stack.runtime, hosting, bucket, utc_now)
    return Rollout(hosting, Attempts(stack.s3, bucket, utc_now), Candidate(hosting, proof), proof)


def brought(rollout: Rollout, job: TrainedJob) -> Progress:
    """Looks again and again, as the queue would; a model that is doubted is withdrawn."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        progress = rollout.step(job)
        if progress.step is Step.LIVE and rollout.doubt(job):
            assert rollout.withdraw(job)
        elif progress.step is not Step.WAIT:
            return progress
        time.sleep(0.2)
    raise AssertionError(f"{job.name} does not come to an end")


@pytest.mark.parametrize(
    ("rollout", "end"),
    [("instance", Step.ROLLED_BACK), ("serverless", Step.DOUBTED)],
    ids=["instance", "serverless"],
    indirect=["rollout"],
)
def test_good_models_take_over_and_a_wrong_one_does_not_stay(
    rollout: Rollout, stack: Stack, bucket: str, end: Any
) -> None:
    for name in (FIRST, SECOND):
        assert brought(rollout, trained(stack, bucket, name)).step is Step.LIVE
    progress = brought(rollout, trained(stack, bucket, WRONG, error=0.1))
    assert progress.step is end and "golden transaction 1" in progress.reason
    serving = stack.sagemaker.describe_endpoint(EndpointName="fraud-endpoint")
    assert (serving["EndpointStatus"], serving["EndpointConfigName"]) == ("InService", SECOND)
