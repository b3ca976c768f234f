"""How a new model comes to an endpoint that serves: guarded, kept from what AWS refuses, and told when it fails."""

from typing import Any

import pytest

from functions.aws import names
from functions.deploy import guard
from functions.deploy.endpoint import Endpoint
from tests.functions.conftest import deploy_settings, live_model
from tests.functions.fakes import FakeSageMaker

FIRST, SECOND = (names.job("fraud", digit * 64) for digit in "12")


@pytest.fixture
def updated(live, trained, deliver, sagemaker):
    """The request that updates an endpoint whose first model serves, after something happened to it."""

    def update(happens: Any = lambda: None) -> dict[str, Any]:
        live(FIRST)
        happens()
        trained(SECOND)
        assert deliver(SECOND)
        (request,) = sagemaker.updates
        return dict(request)

    return update


def package(sagemaker: FakeSageMaker, job: str) -> dict[str, Any]:
    (found,) = (one for one in sagemaker.packages.values() if one["ModelPackageDescription"] == job)
    return found


def test_one_instance_takes_the_traffic_at_once_and_is_watched(updated):
    config = updated()["DeploymentConfig"]
    policy = config["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert policy["TerminationWaitInSeconds"] == 600
    assert config["AutoRollbackConfiguration"]["Alarms"] == [
        {"AlarmName": "fraud-failures"},
        {"AlarmName": "fraud-latency"},
    ]


@pytest.mark.parametrize("deploy_changes", [{"serving_instance_count": 3}])
def test_several_instances_take_it_by_and_by(updated):
    policy = updated()["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 1}


def test_an_alarm_that_rings_before_the_update_does_not_turn_the_cure_away(updated, cloudwatch):
    cloudwatch.alarms["fraud-failures"] = "ALARM"
    config = updated()["DeploymentConfig"]
    assert config["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": "fraud-latency"}]


def test_instances_that_auto_scaling_added_are_kept(updated, sagemaker):
    def scale() -> None:
        sagemaker.endpoint["ProductionVariants"][0]["DesiredInstanceCount"] = 4

    request = updated(scale)
    assert request["RetainAllVariantProperties"] is True
    kept_back = {kind["VariantPropertyType"] for kind in request["ExcludeRetainedVariantProperties"]}
    assert kept_back == {"DesiredWeight", "DataCaptureConfig"}
    routing = request["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"  # of the four that serve, not of the template's one


def test_without_auto_scaling_the_templates_count_holds(updated):
    assert "RetainAllVariantProperties" not in updated()


@pytest.mark.parametrize("deploy_changes", [{"rollout_bake_seconds": 3601}])
def test_a_roll_out_beyond_awss_limits_is_explained_and_not_attempted(live, trained, deliver, sagemaker, sns):
    live(FIRST)
    trained(SECOND)
    assert not deliver(SECOND)
    assert "UpdateEndpoint" not in sagemaker.calls
    assert "RolloutBakeSeconds is 3601, and AWS waits for 3600 at most" in sns.published[-1]["Message"]


def delete_config(sagemaker: FakeSageMaker) -> None:
    del sagemaker.configs[FIRST]


def rename_variant(sagemaker: FakeSageMaker) -> None:
    assert sagemaker.endpoint is not None
    sagemaker.endpoint["ProductionVariants"][0]["VariantName"] = "blue"


@pytest.mark.parametrize(
    ("happens", "why"),
    [(delete_config, f"configuration {FIRST} was deleted"), (rename_variant, "its production variants are blue")],
    ids=["configuration deleted", "variant renamed"],
)
def test_an_update_that_aws_refuses_is_explained_once_and_not_attempted(
    live, trained, deliver, sagemaker, s3, sns, happens, why
):
    live(FIRST)
    happens(sagemaker)
    trained(SECOND)
    for _ in range(3):
        assert not deliver(SECOND)
    assert "UpdateEndpoint" not in sagemaker.calls and SECOND not in sagemaker.models
    assert live_model(s3) == FIRST
    assert sns.subjects[1:] == [f"Not deployed: the endpoint cannot take model {SECOND}"]
    told = sns.published[1]["Message"]
    assert why in told and f"Model {FIRST} serves on" in told
    assert package(sagemaker, SECOND)["ModelPackageArn"] in told
    assert package(sagemaker, SECOND)["CustomerMetadataProperties"]["deployment"] == "refused"


@pytest.mark.parametrize(
    ("was_serverless", "becomes", "taken"),
    [(False, "serverless", False), (True, "instance", True), (True, "serverless", True), (False, "instance", True)],
)
def test_an_endpoint_with_instances_is_not_asked_to_turn_serverless(was_serverless, becomes, taken):
    endpoint = Endpoint("InService", FIRST, None, "", variants=(names.VARIANT,), serverless=was_serverless)
    why = guard.obstacle(endpoint, deploy_settings(endpoint_type=becomes), has_config=True)
    assert (why is None) == taken


def test_a_rolled_back_model_is_marked_in_the_registry(live, trained, deliver, sagemaker):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    sagemaker.settle_endpoint("RolledBack", reason="The alarm fraud-failures\nwent off")
    assert not deliver(SECOND)
    marked = package(sagemaker, SECOND)
    assert marked["CustomerMetadataProperties"]["deployment"] == "rolled-back"
    assert "The alarm fraud-failures went off" in marked["ApprovalDescription"]
    assert marked["ModelApprovalStatus"] == "Approved"
    assert marked["CustomerMetadataProperties"]["training_job"] == SECOND


@pytest.mark.parametrize("operation", ["CreateEndpoint", "UpdateEndpoint"])
def test_what_cannot_be_read_everywhere_yet_is_waited_for(live, trained, deliver, sagemaker, operation):
    if operation == "UpdateEndpoint":
        live(FIRST)
    trained(SECOND)
    sagemaker.fail_next(operation, "ValidationException", "Could not find endpoint configuration")
    assert deliver(SECOND)
    assert deliver(SECOND)
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert sagemaker.endpoint["EndpointConfigName"] == SECOND
