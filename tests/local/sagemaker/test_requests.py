"""Requests that AWS refuses are refused here, in AWS's words; what we cannot do is refused in ours."""

import copy
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from local.sagemaker.errors import ApiError
from local.sagemaker.validation import Validator
from tests.local.sagemaker.stack import ACCOUNT, REGION, ROLE, FakePorts, Stack
from tests.local.sagemaker.work import channel, make_config, make_model, training_request

VALIDATOR = Validator(get_session().get_service_model("sagemaker"))
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good training request with one member changed, added or (None) taken away."""
    request = copy.deepcopy(training_request("bucket"))
    *way, last = path.split(".")
    place: Any = request
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return request


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "TrainingJobName",
            "a_b",
            "1 validation error detected: Value 'a_b' at 'trainingJobName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        (
            "RoleArn",
            None,
            "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "ResourceConfig.InstanceType",
            "ml.big",
            "1 validation error detected: Value 'ml.big' at 'resourceConfig.instanceType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [ml.m4.xlarge, ",
        ),
        (
            "ResourceConfig.InstanceCount",
            -1,
            "1 validation error detected: Value '-1' at 'resourceConfig.instanceCount' failed to satisfy "
            "constraint: Member must have value greater than or equal to 0",
        ),
        (
            "InputDataConfig.0.ChannelName",
            "a b",
            "1 validation error detected: Value 'a b' at 'inputDataConfig.1.member.channelName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [A-Za-z0-9\\.\\-_]+",
        ),
        (
            "HyperParameters.depth",
            "x" * 2501,
            "Map value must satisfy constraint: [Member must have length less than or equal to 2500]",
        ),
        (
            "Tags",
            [{"Key": "ok", "Value": "no\u0001"}],
            "1 validation error detected: Value 'no\u0001' at 'tags.1.member.value' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)",
        ),
        (
            "Colour",
            "red",
            "1 validation error detected: Value at 'colour' failed to satisfy constraint: "
            "Member must be known to the API",
        ),
        ("StoppingCondition.MaxRuntimeInSeconds", "60", "str can not be converted to integer"),
    ],
)
def test_a_request_of_the_wrong_shape_is_refused_in_awss_words(path: str, value: Any, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        VALIDATOR.check("CreateTrainingJob", changed(path, value))
    assert message in caught.value.message


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ApiError) as caught:
        VALIDATOR.check("CreateTrainingJob", {"TrainingJobName": "-"})
    assert caught.value.message.startswith("3 validation errors detected: ")


def test_letters_of_any_language_are_good_in_tags() -> None:
    VALIDATOR.check("CreateTrainingJob", changed("Tags", [{"Key": "Größe", "Value": "grün + blau"}]))


NEEDS_MAX_WAIT = "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("EnableManagedSpotTraining", True, NEEDS_MAX_WAIT),
        ("StoppingCondition.MaxWaitTimeInSeconds", 60, "only supported when EnableManagedSpotTraining is true"),
        ("ResourceConfig.InstanceCount", 2, "'ml.m5.xlarge for training job usage' is 1 Instances"),
        ("ResourceConfig.VolumeSizeInGB", None, "ResourceConfig.VolumeSizeInGB is required"),
        ("ResourceConfig", None, "ResourceConfig is required"),
        ("OutputDataConfig.S3OutputPath", "https://b/x", "Invalid S3 URI: https://b/x"),
        ("InputDataConfig", [channel("a", "s3://b/x")] * 2, "Channel names must be unique"),
        ("AlgorithmSpecification.TrainingInputMode", "Pipe", "Pipe is not supported by the SageMaker of this machine"),
        ("AlgorithmSpecification.ContainerEntrypoint", ["python3"], "ContainerEntrypoint is not supported"),
        ("DebugHookConfig", {"S3OutputPath": "s3://b/x"}, "DebugHookConfig is not supported"),
        (
            "CheckpointConfig",
            {"S3Uri": "s3://b/c", "LocalPath": "/tmp/c"},
            "checkpoint directory outside /opt/ml is not",
        ),
        ("CheckpointConfig", {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/../c"}, "checkpoint directory outside"),
        ("InputDataConfig.0.CompressionType", "Gzip", "only for Pipe input mode"),
    ],
)
def test_a_training_request_that_makes_no_sense_is_refused(stack: Stack, path: str, value: Any, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        stack.sagemaker.create_training_job(**changed(path, value))
    assert stack.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_role_that_cannot_be_assumed_is_refused(stack: Stack, ports: FakePorts) -> None:
    ports.unknown_roles.append(ROLE)
    with pytest.raises(ClientError, match=f"ValidationException.*Could not assume role {ROLE}"):
        stack.sagemaker.create_training_job(**training_request("bucket"))


def test_a_model_without_its_data_is_refused(stack: Stack, bucket: str) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*Could not find model data at s3://{bucket}/models/x"):
        make_model(
            stack,
            bucket,
            "one",
            PrimaryContainer={"Image": "image", "ModelDataUrl": f"s3://{bucket}/models/x.tar.gz"},
        )


def test_what_exists_is_not_made_twice(stack: Stack, bucket: str) -> None:
    make_model(stack, bucket, "one")
    make_config(stack, "one")
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    with pytest.raises(ClientError, match=f'Cannot create already existing model "{ARN}model/one"'):
        make_model(stack, bucket, "one")
    with pytest.raises(
        ClientError, match=f'Cannot create already existing endpoint configuration "{ARN}endpoint-config/one"'
    ):
        make_config(stack, "one")
    with pytest.raises(ClientError, match=f'Cannot create already existing endpoint "{ARN}endpoint/endpoint"'):
        stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("describe_model", {"ModelName": "x"}, 'Could not find model "{arn}model/x".'),
        ("delete_model", {"ModelName": "x"}, 'Could not find model "{arn}model/x".'),
        (
            "describe_endpoint_config",
            {"EndpointConfigName": "x"},
            'Could not find endpoint configuration "{arn}endpoint-config/x".',
        ),
        (
            "create_endpoint",
            {"EndpointName": "e", "EndpointConfigName": "x"},
            'Could not find endpoint configuration "{arn}endpoint-config/x".',
        ),
        (
            "update_endpoint",
            {"EndpointName": "X", "EndpointConfigName": "x"},
            'Could not find endpoint "{arn}endpoint/x".',
        ),
        ("delete_endpoint", {"EndpointName": "x"}, 'Could not find endpoint "{arn}endpoint/x".'),
    ],
)
def test_what_is_missing_is_named_by_its_arn(
    stack: Stack, operation: str, request_: dict[str, str], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(stack.sagemaker, operation)(**request_)
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message.format(arn=ARN)}


SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
INSTANCE = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


@pytest.mark.parametrize(
    ("variants", "more", "message"),
    [
        ([{"ServerlessConfig": SERVERLESS}], {}, "Network isolation is not supported for serverless"),
        ([{"ServerlessConfig": SERVERLESS} | INSTANCE], {}, "can't be specified for variant a together"),
        ([{"ServerlessConfig": SERVERLESS | {"MemorySizeInMB": 2000}}], {}, "must be one of 1024, 2048"),
        ([{"ServerlessConfig": SERVERLESS | {"ProvisionedConcurrency": 6}}], {}, "less than or equal to MaxCon"),
        ([{"ServerlessConfig": SERVERLESS}, {"VariantName": "b"} | INSTANCE], {}, "exactly one production variant"),
        ([{"InstanceType": "ml.m5.large"}], {}, "InitialInstanceCount is required"),
        ([INSTANCE, INSTANCE], {}, "names must be unique"),
        ([INSTANCE | {"InitialVariantWeight": 0.0}], {}, "greater than 0"),
        ([INSTANCE | {"ModelName": "none"}], {}, 'Could not find model ".*model/none"'),
        (
            [INSTANCE],
            {"DataCaptureConfig": {"InitialSamplingPercentage": 1, "DestinationS3Uri": "s3://b/c"}},
            "DataCaptureConfig is not supported",
        ),
    ],
)
def test_a_configuration_that_aws_or_we_cannot_serve_is_refused(
    stack: Stack, bucket: str, variants: list[dict[str, Any]], more: dict[str, Any], message: str
) -> None:
    make_model(stack, bucket, "one")
    if "DataCaptureConfig" in more:
        more["DataCaptureConfig"]["CaptureOptions"] = [{"CaptureMode": "Input"}]
    asked = [{"VariantName": "a", "ModelName": "one"} | variant for variant in variants]
    with pytest.raises(ClientError, match=message):
        stack.sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=asked, **more)


@pytest.mark.parametrize("target", ["SageMaker.CreateNotebookInstance", "SageMaker.Nonsense", ""])
def test_an_operation_that_is_not_here_is_unknown(stack: Stack, target: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.port}/", data=b"{}", headers={"X-Amz-Target": target}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 400
    assert json.loads(caught.value.read()) == {"__type": "UnknownOperationException"}
