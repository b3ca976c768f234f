"""Each call asks IAM for AWS's action on AWS's resource, and is refused when IAM says no."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import ACCOUNT, REGION, ROLE, FakePorts, Stack
from tests.local.sagemaker.work import ask, begin_training, make_config, make_endpoint, make_model, training_request

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
CALLS: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]]]] = {
    "train": (
        "create_training_job",
        training_request("bucket", Tags=[{"Key": "fraud:stack", "Value": "fraud"}]),
        [
            ("sagemaker:CreateTrainingJob", ARN + "training-job/job"),
            ("sagemaker:AddTags", ARN + "training-job/job"),
            ("iam:PassRole", ROLE),
        ],
    ),
    "describe a job": (
        "describe_training_job",
        {"TrainingJobName": "x"},
        [("sagemaker:DescribeTrainingJob", ARN + "training-job/x")],
    ),
    "stop a job": (
        "stop_training_job",
        {"TrainingJobName": "x"},
        [("sagemaker:StopTrainingJob", ARN + "training-job/x")],
    ),
    "list jobs": ("list_training_jobs", {}, [("sagemaker:ListTrainingJobs", "*")]),
    "make a model": (
        "create_model",
        {
            "ModelName": "x",
            "ExecutionRoleArn": ROLE,
            "PrimaryContainer": {"Image": "image", "ModelDataUrl": "s3://b/m.tar.gz"},
        },
        [("sagemaker:CreateModel", ARN + "model/x"), ("iam:PassRole", ROLE)],
    ),
    "make a configuration": (
        "create_endpoint_config",
        {"EndpointConfigName": "x", "ProductionVariants": [{"VariantName": "a", "ModelName": "m"}]},
        [("sagemaker:CreateEndpointConfig", ARN + "endpoint-config/x")],
    ),
    "make an endpoint": (
        "create_endpoint",
        {"EndpointName": "Upper", "EndpointConfigName": "x"},
        [
            ("sagemaker:CreateEndpoint", ARN + "endpoint/upper"),
            ("sagemaker:CreateEndpoint", ARN + "endpoint-config/x"),
        ],
    ),
    "delete an endpoint": (
        "delete_endpoint",
        {"EndpointName": "x"},
        [("sagemaker:DeleteEndpoint", ARN + "endpoint/x")],
    ),
    "make a group": (
        "create_model_package_group",
        {"ModelPackageGroupName": "Upper", "Tags": [{"Key": "fraud:stack", "Value": "fraud"}]},
        [
            ("sagemaker:CreateModelPackageGroup", ARN + "model-package-group/upper"),
            ("sagemaker:AddTags", ARN + "model-package-group/upper"),
        ],
    ),
    "describe a group": (
        "describe_model_package_group",
        {"ModelPackageGroupName": ARN + "model-package-group/x"},
        [("sagemaker:DescribeModelPackageGroup", ARN + "model-package-group/x")],
    ),
    "list groups": ("list_model_package_groups", {}, [("sagemaker:ListModelPackageGroups", "*")]),
    "delete a group": (
        "delete_model_package_group",
        {"ModelPackageGroupName": "x"},
        [("sagemaker:DeleteModelPackageGroup", ARN + "model-package-group/x")],
    ),
    "describe a package": (
        "describe_model_package",
        {"ModelPackageName": "x/1"},
        [("sagemaker:DescribeModelPackage", ARN + "model-package/x/1")],
    ),
    "approve a package": (
        "update_model_package",
        {"ModelPackageArn": ARN + "model-package/x/1", "ModelApprovalStatus": "Approved"},
        [("sagemaker:UpdateModelPackage", ARN + "model-package/x/1")],
    ),
    "list packages": ("list_model_packages", {}, [("sagemaker:ListModelPackages", "*")]),
    "list a group's packages": (
        "list_model_packages",
        {"ModelPackageGroupName": "x"},
        [("sagemaker:ListModelPackages", ARN + "model-package-group/x")],
    ),
    "delete a package": (
        "delete_model_package",
        {"ModelPackageName": "x/1"},
        [("sagemaker:DeleteModelPackage", ARN + "model-package/x/1")],
    ),
    "make a model of a package": (
        "create_model",
        {"ModelName": "x", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"ModelPackageName": "x/1"}},
        [("sagemaker:CreateModel", ARN + "model/x"), ("sagemaker:CreateModel", ARN + "model-package/x/1")],
    ),
    "tag": (
        "add_tags",
        {"ResourceArn": ARN + "model/x", "Tags": [{"Key": "a", "Value": "b"}]},
        [("sagemaker:AddTags", ARN + "model/x")],
    ),
}


@pytest.mark.parametrize(("operation", "request_", "needed"), CALLS.values(), ids=CALLS.keys())
def test_a_call_without_one_of_its_permissions_is_denied(
    stack: Stack, ports: FakePorts, operation: str, request_: dict[str, Any], needed: list[tuple[str, str]]
) -> None:
    for action, resource in needed:
        ports.denied = [(action, resource)]
        with pytest.raises(ClientError) as caught:
            getattr(stack.sagemaker, operation)(**request_)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
        assert f"not authorized to perform: {action} on resource: {resource}" in str(caught.value)


def test_an_update_needs_the_endpoint_and_the_new_configuration(stack: Stack, bucket: str, ports: FakePorts) -> None:
    make_endpoint(stack, bucket)
    make_model(stack, bucket, "two")
    make_config(stack, "two")
    for resource in ("endpoint/endpoint", "endpoint-config/two"):
        ports.denied = [("sagemaker:UpdateEndpoint", ARN + resource)]
        with pytest.raises(ClientError, match="AccessDeniedException"):
            stack.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="two")
    ports.denied = [("sagemaker:InvokeEndpoint", ARN + "endpoint/endpoint")]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ask(stack)


def test_a_package_needs_its_group_and_the_version_it_will_be(stack: Stack, ports: FakePorts) -> None:
    tags = [{"Key": "fraud:stack", "Value": "fraud"}]
    stack.sagemaker.create_model_package_group(ModelPackageGroupName="x", Tags=tags)
    request = {"ModelPackageGroupName": "x", "InferenceSpecification": {"Containers": [{"Image": "image"}]}}
    for resource in ("model-package-group/x", "model-package/x/1"):
        ports.denied = [("sagemaker:CreateModelPackage", ARN + resource)]
        with pytest.raises(ClientError, match=f"AccessDeniedException.*{resource}"):
            stack.sagemaker.create_model_package(**request)
    ports.denied = []
    stack.sagemaker.create_model_package(**request)
    assert ports.asked[-1] == (
        "sagemaker:CreateModelPackage",
        ARN + "model-package/x/1",
        {"aws:ResourceTag/fraud:stack": "fraud"},
    )


def test_passing_a_role_says_to_whom_and_tags_are_told_with_the_request(
    stack: Stack, bucket: str, ports: FakePorts
) -> None:
    begin_training(stack, bucket, "", Tags=[{"Key": "fraud:stack", "Value": "fraud"}])

    asked = {action: context for action, _, context in ports.asked}
    assert asked["iam:PassRole"] == {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert asked["sagemaker:CreateTrainingJob"] == {"aws:RequestTag/fraud:stack": "fraud"}
    stack.sagemaker.describe_training_job(TrainingJobName="job")
    assert ports.asked[-1][2] == {"aws:ResourceTag/fraud:stack": "fraud"}
