"""Every request we can build is one that AWS accepts."""

from datetime import UTC, datetime

import pytest
from sagemaker.core import image_uris

from functions.aws import guardrails, history, images, lists, names, requests
from functions.aws.guardrails import GuardrailError
from functions.deploy import proof
from functions.score.endpoint import request as invocation
from model.golden import Golden
from model.history_schema import MOST_ENTITIES
from model.lists import MOST_FIELDS
from model.training.golden import MOST
from model.transaction import LONGEST_ID
from tests.contract import service_model
from tests.functions.conftest import BUCKET, deploy_settings, train_settings

JOB = names.job("fraud", "4296854961e50a36", 12)
MOST_KEYS = 100  # of one BatchGetItem
LONGEST_STACK = "s" * 40  # as the template's description says


@pytest.mark.parametrize("region", sorted(images.ACCOUNTS))
def test_our_image_is_the_one_that_the_sagemaker_sdk_names(region):
    assert images.xgboost(region) == image_uris.retrieve("xgboost", region, version=images.VERSION)


def test_a_region_without_an_image_is_refused_by_name():
    with pytest.raises(images.UnknownRegionError, match="mars-west-1"):
        images.xgboost("mars-west-1")


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"spot_training": True},
        {"spot_training": True, "training_max_runtime_seconds": 2419200},
        {"training_options": {"num_round": "400", "max_depth": "6"}},
        {"training_instance_type": "ml.m5.24xlarge", "training_volume_gb": 16384},
    ],
    ids=str,
)
def test_a_training_job_is_one_that_aws_accepts(region, changes):
    built = requests.training_job(train_settings(aws_region=region, **changes), JOB, "a" * 64)
    assert service_model.problems("sagemaker", "CreateTrainingJob", built) == []
    stopping = built["StoppingCondition"]
    assert stopping.get("MaxWaitTimeInSeconds", 2419200) >= stopping["MaxRuntimeInSeconds"]
    assert built["EnableNetworkIsolation"] is True
    assert all(isinstance(value, str) for value in built["HyperParameters"].values())


@pytest.mark.parametrize("endpoint_type", ["instance", "serverless"])
def test_model_configuration_and_endpoint_are_ones_that_aws_accepts(endpoint_type):
    settings = deploy_settings(endpoint_type=endpoint_type)
    built = {
        "CreateModel": requests.model(settings, JOB, f"s3://bucket/runs/{JOB}/output/model.tar.gz"),
        "CreateEndpointConfig": requests.endpoint_config(settings, JOB),
        "CreateEndpoint": requests.endpoint(settings, "fraud-endpoint", JOB),
        "UpdateEndpoint": guardrails.endpoint_update(settings, JOB, None),
        "CreateModelPackageGroup": requests.model_package_group(settings),
        "CreateModelPackage": requests.model_package(
            settings, JOB, f"s3://bucket/runs/{JOB}/output/model.tar.gz", "Approved", {"training_job": JOB}
        ),
    }
    for operation, request in built.items():
        assert service_model.problems("sagemaker", operation, request) == [], operation
    (variant,) = built["CreateEndpointConfig"]["ProductionVariants"]
    assert variant["VariantName"] == names.VARIANT
    assert ("ServerlessConfig" in variant) == (endpoint_type == "serverless")
    # AWS refuses network isolation for serverless endpoints and everything else has it
    assert built["CreateModel"]["EnableNetworkIsolation"] == (endpoint_type == "instance")


SHIFTS = ("CANARY", "LINEAR", "ALL_AT_ONCE")


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("bake", [0, 1, 600, 3600])
@pytest.mark.parametrize("instances", [1, 2, 3, 4, 5, 7, 10, 33, 100])
def test_a_guarded_update_is_one_that_aws_accepts(shift, bake, instances):
    settings = deploy_settings(traffic_shift=shift, rollout_bake_seconds=bake, serving_instance_count=instances)
    alarms = [f"alarm-{number}" for number in range(10)]
    built = guardrails.endpoint_update(settings, JOB, guardrails.Fleet(instances, instances, alarms))
    assert service_model.problems("sagemaker", "UpdateEndpoint", built) == []
    policy = built["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    step = routing.get("CanarySize", routing.get("LinearStepSize", {"Value": instances}))["Value"]
    moves = {"CANARY": 1, "LINEAR": -(-instances // step) - 1, "ALL_AT_ONCE": 0}[routing["Type"]]
    waits = moves * routing["WaitIntervalInSeconds"] + policy["TerminationWaitInSeconds"]
    assert 600 <= policy["MaximumExecutionTimeoutInSeconds"] <= 28800
    assert waits < policy["MaximumExecutionTimeoutInSeconds"]
    if routing["Type"] != "ALL_AT_ONCE":
        assert step <= instances / 2
    if routing["Type"] == "LINEAR":
        assert step >= instances / 10


def test_an_update_that_keeps_a_scaled_fleet_is_one_that_aws_accepts():
    built = guardrails.endpoint_update(deploy_settings(), JOB, guardrails.Fleet(3, 1, []))
    assert service_model.problems("sagemaker", "UpdateEndpoint", built) == []
    assert "AutoRollbackConfiguration" not in built["DeploymentConfig"]  # AWS takes 1 to 10 alarms, not none


@pytest.mark.parametrize(
    ("changes", "alarms", "message"),
    [
        ({"rollout_bake_seconds": 3601}, 1, "RolloutBakeSeconds is 3601, and AWS waits for 3600"),
        ({}, 11, "11 alarms are to watch it"),
    ],
)
def test_what_goes_beyond_awss_limits_is_refused_before_the_call(changes, alarms, message):
    fleet = guardrails.Fleet(1, 1, [f"alarm-{number}" for number in range(alarms)])
    with pytest.raises(GuardrailError, match=message):
        guardrails.endpoint_update(deploy_settings(**changes), JOB, fleet)


@pytest.mark.parametrize("state", ["rolled-back", "refused", "failed"])
def test_a_mark_on_a_package_is_one_that_aws_accepts(state):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/fraud/12"
    built = requests.deployment_mark(arn, state, "a reason\nof two lines " * 100)
    assert service_model.problems("sagemaker", "UpdateModelPackage", built) == []
    assert "ModelApprovalStatus" not in built


@pytest.mark.parametrize("transaction_id", ["1", "~" * LONGEST_ID, "a b%c/ü"[:5]])
def test_an_invocation_is_one_that_aws_accepts(transaction_id):
    built = invocation("fraud-endpoint", transaction_id, {"amount": 12.5, "currency": None, "channel": "ünline"})
    assert service_model.problems("sagemaker-runtime", "InvokeEndpoint", built) == []


def test_golden_transactions_are_asked_as_aws_takes_them():
    features = tuple(f"feature_{number}" for number in range(200))
    golden = Golden(JOB, features, ((None,) * 100 + (1e30,) * 100,) * MOST, (0.5,) * MOST)
    built = proof.request(names.candidate(LONGEST_STACK), golden)
    assert service_model.problems("sagemaker-runtime", "InvokeEndpoint", built) == []
    assert len(built["Body"]) < 4 * 2**20  # what a serverless endpoint takes


def test_requests_for_lists_are_ones_that_aws_accepts():
    keys = [f"field-{number}#{'0' * 32}" for number in range(MOST_FIELDS)]
    now = datetime(2026, 11, 23, tzinfo=UTC)
    built = {
        "BatchGetItem": {"RequestItems": lists.wanted("fraud-lists", keys)},
        "PutItem": lists.putting("fraud-lists", keys[0], "deny", now, now, "stolen"),
        "DeleteItem": lists.removing("fraud-lists", keys[0]),
    }
    for operation, request in built.items():
        assert service_model.problems("dynamodb", operation, request) == [], operation


def test_all_that_a_transaction_looks_up_fits_in_one_request():
    wanted = history.wanted("fraud-history", [f"0#entity-{number}#{'0' * 32}" for number in range(MOST_ENTITIES)])
    wanted |= lists.wanted("fraud-lists", [f"field-{number}#{'0' * 32}" for number in range(MOST_FIELDS)])
    assert service_model.problems("dynamodb", "BatchGetItem", {"RequestItems": wanted}) == []
    assert sum(len(of_table["Keys"]) for of_table in wanted.values()) <= MOST_KEYS


def test_the_champion_is_a_further_channel_of_the_same_job():
    without = requests.training_job(train_settings(), JOB, "a" * 64)
    built = requests.training_job(train_settings(), JOB, "a" * 64, "runs/fraud-0123456789abcdef/output/model.tar.gz")
    assert service_model.problems("sagemaker", "CreateTrainingJob", built) == []
    assert built["InputDataConfig"][:-1] == without["InputDataConfig"]
    champion = built["InputDataConfig"][-1]
    assert champion["ChannelName"] == "champion"
    address = champion["DataSource"]["S3DataSource"]["S3Uri"]
    assert address == f"s3://{BUCKET}/runs/fraud-0123456789abcdef/output/model.tar.gz"


def test_names_of_a_long_stack_still_fit():
    long_name = names.job(LONGEST_STACK, "f" * 64, 9999)
    built = requests.training_job(train_settings(stack_name=LONGEST_STACK), long_name, "a" * 64)
    assert service_model.problems("sagemaker", "CreateTrainingJob", built) == []
    assert names.is_job(LONGEST_STACK, long_name)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("fraud-4296854961e50a36", True),
        ("fraud-4296854961e50a36-r2", True),
        ("fraud-eu-4296854961e50a36", False),
        ("fraud-4296854961e50a3", False),
        ("fraud-endpoint", False),
        ("xfraud-4296854961e50a36", False),
        ("fraud-4296854961e50a36\n", False),
    ],
)
def test_a_job_of_this_stack_is_told_from_others(name, ours):
    assert names.is_job("fraud", name) is ours


def test_the_checker_sees_what_botocore_lets_pass():
    built = requests.training_job(train_settings(), JOB, "a" * 64)
    assert service_model.problems("sagemaker", "CreateTrainingJob", built | {"TrainingJobName": "under_score"})
    assert service_model.problems("sagemaker", "CreateTrainingJob", built | {"TrainingJobName": "a" * 64})
    channel = built["InputDataConfig"][0] | {"InputMode": "Fast"}
    assert service_model.problems("sagemaker", "CreateTrainingJob", built | {"InputDataConfig": [channel]})
    assert service_model.problems("sagemaker", "CreateTrainingJob", built | {"InputDataConfig": [channel] * 21})
