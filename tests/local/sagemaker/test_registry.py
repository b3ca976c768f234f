"""The model registry: groups, their packages by version, approval, and models made from approved packages."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import ACCOUNT, IMAGE, REGION, ROLE, FakePorts, Stack, wait_for
from tests.local.sagemaker.work import SERVES, ask, make_config, settled, tar

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
PROPERTIES = {"roc_auc": "0.97", "report": "s3://bucket/report.html", "Größe": "a b"}
METRICS = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/e.json"}}}


def specification(url: str = "s3://bucket/model.tar.gz", **more: Any) -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": url} | more
    return {
        "Containers": [container],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }


def package_request(**changes: Any) -> dict[str, Any]:
    request = {"ModelPackageGroupName": "fraud", "InferenceSpecification": specification()} | changes
    return {member: value for member, value in request.items() if value is not None}


def register(stack: Stack, **changes: Any) -> str:
    arn: str = stack.sagemaker.create_model_package(**package_request(**changes))["ModelPackageArn"]
    return arn


def listed(stack: Stack, **asked: Any) -> list[int]:
    found = stack.sagemaker.list_model_packages(**({"ModelPackageGroupName": "fraud"} | asked))
    return [entry["ModelPackageVersion"] for entry in found["ModelPackageSummaryList"]]


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def group(stack: Stack) -> Stack:
    tags = [{"Key": "fraud:stack", "Value": "fraud"}]
    made = stack.sagemaker.create_model_package_group(
        ModelPackageGroupName="fraud", ModelPackageGroupDescription="Models – ours (5 €)", Tags=tags
    )
    assert made["ModelPackageGroupArn"] == ARN + "model-package-group/fraud"
    return stack


def test_a_group_is_described_by_name_and_by_arn(group: Stack) -> None:
    for name in ("fraud", ARN + "model-package-group/fraud"):
        found = group.sagemaker.describe_model_package_group(ModelPackageGroupName=name)
        assert found["ModelPackageGroupName"] == "fraud"
        assert found["ModelPackageGroupDescription"] == "Models – ours (5 €)"
        assert found["ModelPackageGroupStatus"] == "Completed"
        assert not {"Tags", "LastVersion"} & found.keys()


def test_groups_are_listed_oldest_first(group: Stack) -> None:
    for name in ("other", "fraud-eu"):
        group.sagemaker.create_model_package_group(ModelPackageGroupName=name)

    def names(**asked: Any) -> list[str]:
        found = group.sagemaker.list_model_package_groups(**asked)["ModelPackageGroupSummaryList"]
        return [entry["ModelPackageGroupName"] for entry in found]

    assert names() == ["fraud", "other", "fraud-eu"]
    assert names(NameContains="FRAUD", SortBy="Name", SortOrder="Descending") == ["fraud-eu", "fraud"]
    assert names(CrossAccountFilterOption="CrossAccount") == []


def test_a_package_gets_the_next_version_of_its_group_and_waits_for_approval(group: Stack) -> None:
    changes = {"CustomerMetadataProperties": PROPERTIES, "ModelMetrics": METRICS, "ModelPackageDescription": "first"}
    assert register(group, **changes) == ARN + "model-package/fraud/1"
    assert register(group, ModelApprovalStatus="Approved") == ARN + "model-package/fraud/2"
    assert register(group, ModelPackageGroupName=ARN + "model-package-group/fraud") == ARN + "model-package/fraud/3"

    first = group.sagemaker.describe_model_package(ModelPackageName="fraud/1")
    assert first["ModelApprovalStatus"] == "PendingManualApproval"
    assert (first["ModelPackageGroupName"], first["ModelPackageVersion"]) == ("fraud", 1)
    assert {name: first[name] for name in changes} == changes
    assert first["InferenceSpecification"] == specification()
    assert first["ModelPackageStatus"] == "Completed"
    assert not {"Tags", "ClientToken", "Asked", "Key"} & first.keys()
    named = group.sagemaker.describe_model_package(ModelPackageName=ARN + "model-package/fraud/2")
    assert named["ModelApprovalStatus"] == "Approved"
    brief = group.sagemaker.describe_model_package(ModelPackageName="fraud/2", IncludedData="MetadataOnly")
    assert "InferenceSpecification" not in brief


def test_a_version_is_never_given_twice(group: Stack) -> None:
    register(group)
    register(group)
    group.sagemaker.delete_model_package(ModelPackageName="fraud/2")
    assert register(group).endswith("/3")
    assert listed(group) == [1, 3]


def test_a_request_that_comes_again_with_its_token_makes_one_package(group: Stack) -> None:
    first = register(group, ClientToken="job-1", CustomerMetadataProperties={"a": "1"})
    assert register(group, ClientToken="job-1", CustomerMetadataProperties={"a": "1"}) == first
    assert register(group, ClientToken="job-2", CustomerMetadataProperties={"a": "1"}) != first
    assert listed(group) == [1, 2]
    code, message = refusal(group.sagemaker.create_model_package, **package_request(ClientToken="job-1"))
    assert code == "ConflictException" and "this ClientToken and other parameters" in message


def test_approval_and_metadata_change_and_nothing_else(group: Stack) -> None:
    arn = register(group, CustomerMetadataProperties={"a": "1", "b": "2"})
    before = group.sagemaker.describe_model_package(ModelPackageName=arn)
    group.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="looks good",
        CustomerMetadataProperties={"b": "3", "c": "4"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    after = group.sagemaker.describe_model_package(ModelPackageName=arn)
    assert after["ModelApprovalStatus"] == "Approved"
    assert after["ApprovalDescription"] == "looks good"
    assert after["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
    assert after["LastModifiedTime"] >= before["LastModifiedTime"]
    same = before.keys() - {"ModelApprovalStatus", "CustomerMetadataProperties", "LastModifiedTime", "ResponseMetadata"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_more_properties_than_a_package_may_have_are_refused(group: Stack) -> None:
    arn = register(group, CustomerMetadataProperties={f"a{number}": "x" for number in range(30)})
    more = {f"b{number}": "x" for number in range(30)}
    code, message = refusal(group.sagemaker.update_model_package, ModelPackageArn=arn, CustomerMetadataProperties=more)
    assert code == "ValidationException" and "exceeds the limit of 50" in message


def test_packages_are_listed_by_group_and_approval_in_pages(group: Stack) -> None:
    group.sagemaker.create_model_package_group(ModelPackageGroupName="other")
    register(group, ModelPackageGroupName="other")
    for number in range(12):
        register(group, ModelApprovalStatus="Approved" if number % 4 == 0 else "Rejected")
    assert listed(group, MaxResults=100) == list(range(1, 13))
    assert listed(group, ModelApprovalStatus="Approved", SortOrder="Descending", MaxResults=1) == [9]
    assert listed(group, ModelApprovalStatus="PendingManualApproval") == []
    for sort in ({}, {"SortBy": "Name"}, {"SortOrder": "Descending"}):
        pages = group.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName="fraud", PaginationConfig={"PageSize": 5}, **sort
        )
        found = [[entry["ModelPackageVersion"] for entry in page["ModelPackageSummaryList"]] for page in pages]
        assert [len(page) for page in found] == [5, 5, 2]
        versions = [version for page in found for version in page]
        assert versions == (list(range(12, 0, -1)) if sort.get("SortOrder") else list(range(1, 13)))

    def everywhere(**asked: Any) -> int:
        return len(group.sagemaker.list_model_packages(MaxResults=100, **asked)["ModelPackageSummaryList"])

    assert (everywhere(), everywhere(ModelPackageType="Versioned"), everywhere(ModelPackageType="Both")) == (0, 13, 13)
    assert everywhere(ModelPackageType="Versioned", NameContains="oth") == 1


def test_a_group_goes_when_it_is_empty(group: Stack) -> None:
    register(group)
    code, message = refusal(group.sagemaker.delete_model_package_group, ModelPackageGroupName="fraud")
    assert (code, message) == (
        "ConflictException",
        f"ModelPackageGroup {ARN}model-package-group/fraud still contains model packages.",
    )
    group.sagemaker.delete_model_package(ModelPackageName=ARN + "model-package/fraud/1")
    group.sagemaker.delete_model_package_group(ModelPackageGroupName="fraud")
    assert group.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_tags_are_those_of_the_group(group: Stack) -> None:
    arn = register(group)
    tags = [{"Key": "fraud:stack", "Value": "fraud"}]
    assert group.sagemaker.list_tags(ResourceArn=ARN + "model-package-group/fraud")["Tags"] == tags
    assert group.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    group.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert len(group.sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 2
    assert listed(group) == [1]


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "create_model_package_group",
            {"ModelPackageGroupName": "fraud"},
            "Model Package Group already exists: {arn}model-package-group/fraud",
        ),
        (
            "describe_model_package_group",
            {"ModelPackageGroupName": "x"},
            "ModelPackageGroup {arn}model-package-group/x does not exist.",
        ),
        (
            "delete_model_package_group",
            {"ModelPackageGroupName": "x"},
            "ModelPackageGroup {arn}model-package-group/x does not exist.",
        ),
        (
            "list_model_packages",
            {"ModelPackageGroupName": "x"},
            "ModelPackageGroup {arn}model-package-group/x does not exist.",
        ),
        ("create_model_package", package_request(ModelPackageGroupName="x"), "Model Package Group does not exist."),
        (
            "describe_model_package",
            {"ModelPackageName": "fraud/7"},
            "ModelPackage {arn}model-package/fraud/7 does not exist.",
        ),
        ("describe_model_package", {"ModelPackageName": "x"}, "ModelPackage {arn}model-package/x does not exist."),
        (
            "delete_model_package",
            {"ModelPackageName": "fraud/7"},
            "ModelPackage {arn}model-package/fraud/7 does not exist.",
        ),
        (
            "update_model_package",
            {"ModelPackageArn": ARN.replace("us-", "eu-") + "model-package/fraud/1"},
            "ModelPackage " + ARN.replace("us-", "eu-") + "model-package/fraud/1 does not exist.",
        ),
        (
            "create_model_package",
            package_request(ModelPackageName="x"),
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
            "Cannot determine which one to use.",
        ),
        (
            "create_model_package",
            package_request(Tags=[{"Key": "a", "Value": "b"}]),
            "Tags cannot be given for a model package in a group; it has those of its group.",
        ),
        (
            "create_model_package",
            package_request(InferenceSpecification={"Containers": [{"ModelDataUrl": "s3://b/m.tar.gz"}]}),
            "Image is required in a container definition.",
        ),
        (
            "create_model_package",
            package_request(ModelPackageGroupName=None, ModelPackageName="x"),
            "A model package without a group is not supported by the SageMaker of this machine.",
        ),
        (
            "create_model_package",
            package_request(InferenceSpecification=None),
            "A model package without InferenceSpecification is not supported by the SageMaker of this machine.",
        ),
        (
            "create_model_package",
            package_request(SecurityConfig={"KmsKeyId": "key"}),
            "SecurityConfig is not supported by the SageMaker of this machine.",
        ),
        (
            "update_model_package",
            {"ModelPackageArn": ARN + "model-package/fraud/1", "InferenceSpecification": specification()},
            "An update of InferenceSpecification is not supported by the SageMaker of this machine.",
        ),
        (
            "create_model_package",
            package_request(CustomerMetadataProperties={"a": "x" * 257}),
            "Map value must satisfy constraint: [Member must have length less than or equal to 256]",
        ),
        (
            "create_model_package",
            package_request(CustomerMetadataProperties={"a;b": "x"}),
            "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: ",
        ),
        (
            "create_model_package",
            package_request(ModelPackageDescription="two\nlines"),
            "Member must satisfy regular expression pattern: [\\p{{L}}\\p{{M}}\\p{{Z}}\\p{{S}}\\p{{N}}\\p{{P}}]*",
        ),
        (
            "create_model_package",
            package_request(ModelApprovalStatus="Perhaps"),
            "Member must satisfy enum value set: [Approved, Rejected, PendingManualApproval]",
        ),
        (
            "describe_model_package",
            {"ModelPackageName": "a_b"},
            "Value 'a_b' at 'modelPackageName' failed to satisfy constraint: Member must satisfy regular expression",
        ),
    ],
)
def test_what_the_registry_refuses_it_refuses_in_these_words(
    group: Stack, operation: str, request_: dict[str, Any], message: str
) -> None:
    register(group)
    code, told = refusal(getattr(group.sagemaker, operation), **request_)
    assert code == "ValidationException"
    assert message.format(arn=ARN) in told


def test_each_change_is_told_twice_in_the_form_of_aws(group: Stack, ports: FakePorts) -> None:
    arn = register(group, ModelMetrics=METRICS, ClientToken="token")
    group.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="ok")
    wait_for(lambda: len(ports.events) == 4)

    assert {(kind, tuple(resources)) for kind, resources, _ in ports.events} == {
        ("SageMaker Model Package State Change", (arn,))
    }
    details = [detail for _, _, detail in ports.events]
    assert Counter(detail["ModelApprovalStatus"] for detail in details) == {"PendingManualApproval": 2, "Approved": 2}
    approved = next(detail for detail in details if detail["ModelApprovalStatus"] == "Approved")
    assert (approved["ModelPackageGroupName"], approved["ModelPackageVersion"]) == ("fraud", 1)
    assert (approved["ModelPackageArn"], approved["ModelPackageStatus"]) == (arn, "Completed")
    assert approved["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert (approved["ApprovalDescription"], approved["ModelMetrics"]) == ("ok", METRICS)
    assert approved["CreationTime"].endswith("Z") and "T" in approved["CreationTime"]
    assert not {"Tags", "ClientToken", "Asked", "Key"} & approved.keys()


def approved_package(stack: Stack, bucket: str, **changes: Any) -> str:
    files = {"answer.txt": "from the registry", "code/inference.py": SERVES}
    stack.s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=tar(files))
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    inference = specification(f"s3://{bucket}/model.tar.gz", Environment=environment)
    return register(stack, **({"InferenceSpecification": inference, "ModelApprovalStatus": "Approved"} | changes))


def model_of(arn: str, **container: Any) -> dict[str, Any]:
    return {
        "ModelName": "one",
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
        "PrimaryContainer": {"ModelPackageName": arn} | container,
    }


def test_a_model_of_an_approved_package_serves_its_image_data_and_variables(group: Stack, bucket: str) -> None:
    arn = approved_package(group, bucket)
    request = model_of(arn, Environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    group.sagemaker.create_model(**request)
    container = group.sagemaker.describe_model(ModelName="one")["PrimaryContainer"]
    assert (container["ModelPackageName"], container["Image"]) == (arn, IMAGE)
    assert container["ModelDataUrl"] == f"s3://{bucket}/model.tar.gz"
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "inference.py"
    assert container["Environment"]["SAGEMAKER_MODEL_SERVER_WORKERS"] == "1"

    make_config(group, "one")
    group.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    assert settled(group)["EndpointStatus"] == "InService"
    assert ask(group)["model"] == "from the registry"


def test_the_package_may_be_named_in_a_list_of_one_container(group: Stack, bucket: str) -> None:
    approved_package(group, bucket)
    containers = {"Containers": [{"ModelPackageName": "fraud/1"}]}
    group.sagemaker.create_model(ModelName="one", ExecutionRoleArn=ROLE, **containers)
    assert group.sagemaker.describe_model(ModelName="one")["PrimaryContainer"]["Image"] == IMAGE


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_package_that_is_not_approved_makes_no_model(group: Stack, bucket: str, status: str) -> None:
    arn = approved_package(group, bucket, ModelApprovalStatus=status)
    code, message = refusal(group.sagemaker.create_model, **model_of(arn))
    assert code == "ValidationException"
    assert message == (
        f"Cannot create a model from model package {arn} with approval status {status}; it must be Approved."
    )
    group.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    group.sagemaker.create_model(**model_of(arn))


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"ModelPackageName": "fraud/9"}, "model-package/fraud/9 does not exist."),
        ({"Image": IMAGE}, "Image can't be specified together with ModelPackageName."),
        ({"ModelDataUrl": "s3://b/m.tar.gz"}, "ModelDataUrl can't be specified together with ModelPackageName."),
        ({"InferenceSpecificationName": "other"}, "InferenceSpecificationName of a container is not supported"),
    ],
)
def test_a_container_that_contradicts_its_package_is_refused(
    group: Stack, bucket: str, container: dict[str, str], message: str
) -> None:
    arn = approved_package(group, bucket)
    code, told = refusal(group.sagemaker.create_model, **model_of(arn, **container))
    assert code == "ValidationException" and message in told


def test_a_package_of_several_containers_makes_no_model(group: Stack) -> None:
    several = specification() | {"Containers": specification()["Containers"] * 2}
    arn = register(group, InferenceSpecification=several, ModelApprovalStatus="Approved")
    code, told = refusal(group.sagemaker.create_model, **model_of(arn))
    assert code == "ValidationException" and "An inference pipeline is not supported" in told


def test_the_registry_survives_a_kill(start: Any, ports: FakePorts) -> None:
    first = start()
    first.sagemaker.create_model_package_group(ModelPackageGroupName="fraud")
    for number in range(11):
        register(first, ClientToken=f"job-{number}")
    first.sagemaker.delete_model_package(ModelPackageName="fraud/11")
    first.sagemaker.update_model_package(ModelPackageArn=ARN + "model-package/fraud/2", ModelApprovalStatus="Approved")
    before = first.sagemaker.describe_model_package(ModelPackageName="fraud/2")
    first.kill()

    second = start()
    after = second.sagemaker.describe_model_package(ModelPackageName="fraud/2")
    assert after | {"ResponseMetadata": None} == before | {"ResponseMetadata": None}
    assert listed(second, MaxResults=100) == list(range(1, 11))
    assert register(second, ClientToken="job-3").endswith("fraud/4")
    assert register(second, ClientToken="job-11").endswith("fraud/12")
