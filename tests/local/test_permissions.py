"""IAM decides about every SageMaker call, as about every other service's, by the names that AWS has."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Host

JOB = "arn:aws:sagemaker:us-east-1:000000000000:training-job/fraud-1"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_training_jobs", {}),
    ("describe_training_job", {"TrainingJobName": "fraud-1"}),
    ("stop_training_job", {"TrainingJobName": "fraud-1"}),
    ("list_endpoints", {}),
    ("describe_endpoint", {"EndpointName": "fraud-endpoint"}),
    ("delete_endpoint", {"EndpointName": "fraud-endpoint"}),
    ("describe_endpoint_config", {"EndpointConfigName": "fraud-1"}),
    ("delete_endpoint_config", {"EndpointConfigName": "fraud-1"}),
    ("delete_model", {"ModelName": "fraud-1"}),
    ("list_tags", {"ResourceArn": JOB}),
    ("add_tags", {"ResourceArn": JOB, "Tags": [{"Key": "a", "Value": "b"}]}),
]


@pytest.fixture(scope="module")
def nobody(host: Host) -> dict[str, str]:
    return host.assume(host.role("000000000000"))


@pytest.mark.parametrize(("call", "request_"), CALLS, ids=[name for name, _ in CALLS])
def test_a_role_without_permission_is_refused(
    host: Host, nobody: dict[str, str], call: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(host.client("sagemaker", nobody), call)(**request_)
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: sagemaker:" in error["Message"]


def test_a_role_without_permission_may_not_invoke(host: Host, nobody: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:InvokeEndpoint on resource: arn:aws:"):
        host.client("sagemaker-runtime", nobody).invoke_endpoint(EndpointName="fraud-endpoint", Body=b"{}")


def test_a_permission_counts_for_the_named_resource_alone(host: Host) -> None:
    allowed = host.assume(host.role("000000000000", ["sagemaker:DescribeTrainingJob"], JOB))
    sagemaker = host.client("sagemaker", allowed)
    with pytest.raises(ClientError, match="not found") as missing:
        sagemaker.describe_training_job(TrainingJobName="fraud-1")
    assert missing.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="not authorized"):
        sagemaker.describe_training_job(TrainingJobName="fraud-2")


def test_a_signature_that_does_not_fit_is_refused(host: Host, nobody: dict[str, str]) -> None:
    forged = {**nobody, "SecretAccessKey": "guessed"}
    with pytest.raises(ClientError) as refused:
        host.client("sagemaker", forged).list_training_jobs()
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_messages_sent_together_need_the_permission_to_send_one(host: Host) -> None:
    queue = host.client("sqs").create_queue(QueueName="sent-together")["QueueUrl"]
    sender = host.client("sqs", host.assume(host.role("000000000000", ["sqs:SendMessage"])))
    receiver = host.client("sqs", host.assume(host.role("000000000000", ["sqs:ReceiveMessage"])))
    messages = [{"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "b"}]
    assert len(sender.send_message_batch(QueueUrl=queue, Entries=messages)["Successful"]) == 2
    with pytest.raises(ClientError, match="not authorized to perform: sqs:SendMessage "):
        receiver.send_message_batch(QueueUrl=queue, Entries=messages)
