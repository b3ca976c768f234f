"""Blue/green deployments: traffic comes by and by, alarms lead it back, and limits are AWS's."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import FakePorts, Stack, wait_for
from tests.local.sagemaker.test_updates import BROKEN, asking
from tests.local.sagemaker.work import make_config, make_endpoint, make_model, settled

ALARM = "failures"


@pytest.fixture
def alarm(ports: FakePorts, stack: Stack) -> Any:
    """An alarm of the neighbour's CloudWatch, and how to set its state."""
    cloudwatch = stack.client("cloudwatch", ports.endpoint_url)
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM, Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip

    def become(state: str) -> None:
        cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="a test says so")

    become("OK")
    return become


def guarded(
    kind: str = "ALL_AT_ONCE", wait: int = 0, bake: int = 0, alarms: tuple[str, ...] = (), **routing: Any
) -> Any:
    policy = {
        "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **routing},
        "TerminationWaitInSeconds": bake,
    }
    watching = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}
    return {"BlueGreenUpdatePolicy": policy, **watching}


def size(value: int, kind: str = "INSTANCE_COUNT") -> dict[str, Any]:
    return {"Type": kind, "Value": value}


def update(stack: Stack, config: str, deployment: Any, **more: Any) -> None:
    stack.sagemaker.update_endpoint(
        EndpointName="endpoint", EndpointConfigName=config, DeploymentConfig=deployment, **more
    )


def stage(stack: Stack) -> str | None:
    pending = stack.sagemaker.describe_endpoint(EndpointName="endpoint").get("PendingDeploymentSummary")
    return pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] if pending else None


@pytest.fixture
def two(stack: Stack, bucket: str) -> Stack:
    """An endpoint of two instances that serves `one`, with the configuration `two` beside it."""
    make_endpoint(stack, bucket, "one", InitialInstanceCount=2)
    make_model(stack, bucket, "two")
    make_config(stack, "two", InitialInstanceCount=2)
    return stack


def test_the_stages_of_a_deployment_are_told_and_the_old_configuration_stays_until_its_end(two: Stack) -> None:
    update(two, "two", guarded(bake=1))
    described = two.sagemaker.describe_endpoint(EndpointName="endpoint")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", "one")
    assert described["PendingDeploymentSummary"]["EndpointConfigName"] == "two"
    assert stage(two) == "Creating"
    wait_for(lambda: stage(two) == "Baking")
    assert two.sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointConfigName"] == "one"
    endpoint = settled(two)
    assert endpoint["EndpointConfigName"] == "two" and "PendingDeploymentSummary" not in endpoint


def test_a_canary_gets_its_share_of_the_traffic_and_no_request_fails(two: Stack) -> None:
    with asking(two) as answers:
        update(two, "two", guarded("CANARY", wait=3, CanarySize=size(1)))
        wait_for(lambda: stage(two) == "Baking")
        before = answers.copy()
        wait_for(lambda: sum(answers.values()) > sum(before.values()) + 200)
        during = answers - before
        assert settled(two)["EndpointConfigName"] == "two"
    assert 0.3 < during["two"] / sum(during.values()) < 0.7


def test_linear_traffic_grows_step_by_step(two: Stack) -> None:
    began = time.monotonic()
    update(two, "two", guarded("LINEAR", wait=1, bake=1, LinearStepSize=size(50, "CAPACITY_PERCENT")))
    assert settled(two)["EndpointConfigName"] == "two"
    assert time.monotonic() - began > 2  # after one half, and after both


def test_a_long_bake_is_cut_short_on_this_machine(start: Any) -> None:
    stack = start(longest_bake_seconds=0.2)
    stack.s3.create_bucket(Bucket="short")
    make_endpoint(stack, "short", "one")
    make_model(stack, "short", "two")
    make_config(stack, "two")
    update(stack, "two", guarded(bake=3600))
    assert settled(stack)["EndpointConfigName"] == "two"


def test_an_alarm_during_the_bake_leads_back_to_the_old_model(two: Stack, alarm: Any) -> None:
    with asking(two) as answers:
        update(two, "two", guarded(bake=10, alarms=(ALARM,)))
        wait_for(lambda: answers["two"] > 20)
        alarm("ALARM")
        endpoint = settled(two)
        told = answers.copy()
        wait_for(lambda: answers["one"] > told["one"] + 20)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "one")
    assert ALARM in endpoint["FailureReason"]
    assert answers["two"] <= told["two"] + 4  # what was under way
    assert {detail["EndpointStatus"] for _, _, detail in two.ports.events} >= {"UPDATING", "ROLLING_BACK", "IN_SERVICE"}


def test_without_alarms_nothing_leads_back(two: Stack, alarm: Any) -> None:
    alarm("ALARM")
    update(two, "two", guarded(bake=1))
    assert settled(two)["EndpointConfigName"] == "two"


def test_an_alarm_that_rings_already_ends_the_update(two: Stack, alarm: Any) -> None:
    alarm("ALARM")
    update(two, "two", guarded(alarms=(ALARM,)))
    assert settled(two)["EndpointConfigName"] == "one"


def test_a_container_that_never_answers_its_ping_gets_no_traffic(two: Stack, bucket: str) -> None:
    make_model(two, bucket, "dead", environment=BROKEN)
    make_config(two, "dead", InitialInstanceCount=2)
    with asking(two, 2) as answers:
        update(two, "dead", guarded("CANARY", CanarySize=size(1)))
        assert settled(two)["EndpointConfigName"] == "one"
    assert set(answers) == {"one"}


def test_counts_that_are_in_force_are_kept_where_that_is_asked_for(two: Stack) -> None:
    make_config(two, "two", "kept")
    make_config(two, "two", "let-through")
    update(two, "kept", guarded(), RetainAllVariantProperties=True)
    assert settled(two)["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    update(
        two, "let-through", guarded(), RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )  # fmt: skip
    assert settled(two)["ProductionVariants"][0]["CurrentInstanceCount"] == 1


@pytest.mark.parametrize(
    ("deployment", "why"),
    [
        (guarded("CANARY", CanarySize=size(2)), "CanarySize of 2 INSTANCE_COUNT is not possible for 2 instances"),
        (guarded("CANARY", CanarySize=size(10, "CAPACITY_PERCENT")), "at least one instance"),
        (guarded("LINEAR", LinearStepSize=size(51, "CAPACITY_PERCENT")), "between 10% and 50%"),
        (guarded("CANARY"), "CanarySize must be specified"),
        (guarded("ALL_AT_ONCE", LinearStepSize=size(1)), "LinearStepSize must be specified .* for no other"),
        (guarded(wait=3601), "less than or equal to 3600"),
        (guarded(alarms=("nobody-made-it",)), "Could not find alarms: nobody-made-it"),
        (guarded(alarms=tuple(f"alarm-{number}" for number in range(11))), "length less than or equal to 10"),
    ],
    ids=["all of it", "less than one", "over half", "no size", "a size for nothing", "long", "unknown", "many alarms"],
)
def test_limits_are_awss(two: Stack, deployment: Any, why: str) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{why}"):
        update(two, "two", deployment)
    assert two.sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "InService"


def test_the_timeout_is_longer_than_all_waits(two: Stack) -> None:
    deployment = guarded("CANARY", wait=400, bake=300, CanarySize=size(1))
    deployment["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 700
    with pytest.raises(ClientError, match=r"must exceed the sum of the waits \(700\)"):
        update(two, "two", deployment)


def test_whoever_names_alarms_may_read_them(two: Stack, alarm: Any) -> None:
    two.ports.denied.append(("cloudwatch:DescribeAlarms", "*"))
    with pytest.raises(ClientError, match=r"AccessDenied.*cloudwatch:DescribeAlarms"):
        update(two, "two", guarded(alarms=(ALARM,)))
    update(two, "two", guarded())  # without alarms nobody asks


def test_a_serverless_endpoint_knows_no_guardrails(stack: Stack, bucket: str) -> None:
    for name in ("one", "two"):
        make_model(stack, bucket, name, EnableNetworkIsolation=False)
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": name,
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        }
        stack.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    settled(stack)
    with pytest.raises(ClientError, match=r"ValidationException.*not supported for serverless endpoints"):
        update(stack, "two", guarded())
