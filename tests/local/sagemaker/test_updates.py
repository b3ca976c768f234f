"""What an endpoint goes through while a client keeps asking."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import Stack, wait_for
from tests.local.sagemaker.work import ask, make_config, make_endpoint, make_model, settled

BROKEN = {"SAGEMAKER_MODEL_SERVER_TIMEOUT": "never"}  # its server ends at once, every time


@contextmanager
def asking(stack: Stack, clients: int = 4) -> Iterator[Counter[str]]:
    """Clients that ask without pause; counts the answering models, and lets no error pass."""
    answers: Counter[str] = Counter()
    errors: list[BaseException] = []
    enough = threading.Event()

    def client() -> None:
        while not enough.is_set():
            try:
                answers[ask(stack)["model"]] += 1
            except Exception as error:  # noqa: BLE001 - any error at all is the finding
                errors.append(error)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert errors == []


def update(stack: Stack, config: str) -> dict[str, Any]:
    stack.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName=config)
    assert stack.sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "Updating"
    return settled(stack)


def test_an_update_changes_the_model_and_fails_no_request(stack: Stack, bucket: str) -> None:
    make_endpoint(stack, bucket, "one")
    make_model(stack, bucket, "two")
    make_config(stack, "two", InitialInstanceCount=2)
    with asking(stack) as answers:
        wait_for(lambda: answers["one"] > 20)
        endpoint = update(stack, "two")
        told = answers.copy()
        wait_for(lambda: answers["two"] > told["two"] + 20)

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "two")
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert answers["one"] <= told["one"] + 4  # what was under way
    assert "FailureReason" not in endpoint


def test_an_update_that_never_gets_healthy_ends_with_the_old_model(stack: Stack, bucket: str) -> None:
    make_endpoint(stack, bucket, "one")
    make_model(stack, bucket, "two", environment=BROKEN)
    make_config(stack, "two")
    with asking(stack, 2) as answers:
        endpoint = update(stack, "two")

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "one")
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert set(answers) == {"one"}

    make_model(stack, bucket, "three")
    make_config(stack, "three")
    endpoint = update(stack, "three")
    assert endpoint["EndpointConfigName"] == "three"
    assert "FailureReason" not in endpoint
    assert ask(stack)["model"] == "three"


def test_an_endpoint_in_progress_is_left_alone(stack: Stack, bucket: str) -> None:
    make_endpoint(stack, bucket, "one")
    make_model(stack, bucket, "two")
    make_config(stack, "two")
    stack.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="two")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/endpoint"
    for call, more in (
        (stack.sagemaker.update_endpoint, {"EndpointConfigName": "two"}),
        (stack.sagemaker.delete_endpoint, {}),
    ):
        with pytest.raises(ClientError, match=f'ValidationException.*Cannot update in-progress endpoint "{arn}"'):
            call(EndpointName="endpoint", **more)


def test_an_update_keeps_the_variants_and_never_turns_serverless(stack: Stack, bucket: str) -> None:
    make_endpoint(stack, bucket, "one")
    make_config(stack, "one", "renamed", VariantName="other")
    make_model(stack, bucket, "free", EnableNetworkIsolation=False)
    stack.sagemaker.create_endpoint_config(
        EndpointConfigName="serverless",
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": "free",
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5},
            }
        ],
    )
    for config, why in (("renamed", "same production variants"), ("serverless", "cannot be updated to a serverless")):
        with pytest.raises(ClientError, match=f"ValidationException.*{why}"):
            stack.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName=config)


def test_a_deleted_endpoint_is_gone_with_its_processes(stack: Stack, bucket: str) -> None:
    make_endpoint(stack, bucket)
    assert stack.processes()
    stack.sagemaker.delete_endpoint(EndpointName="endpoint")
    wait_for(lambda: not stack.sagemaker.list_endpoints()["Endpoints"])
    assert stack.processes() == []
    with pytest.raises(ClientError, match=r'ValidationException.*Could not find endpoint "arn:.*:endpoint/endpoint"\.'):
        stack.sagemaker.describe_endpoint(EndpointName="endpoint")

    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    assert settled(stack)["EndpointStatus"] == "InService"


def test_models_and_configurations_may_go_while_the_endpoint_serves(stack: Stack, bucket: str) -> None:
    make_endpoint(stack, bucket)
    stack.sagemaker.delete_model(ModelName="one")
    stack.sagemaker.delete_endpoint_config(EndpointConfigName="one")

    assert ask(stack)["model"] == "one"
    assert stack.sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"]


def test_too_many_instances_exceed_the_limit(start: Any) -> None:
    stack = start(endpoint_instance_limit=2)
    stack.s3.create_bucket(Bucket="limited")
    make_model(stack, "limited", "one")
    make_config(stack, "one", InitialInstanceCount=3)
    with pytest.raises(stack.sagemaker.exceptions.ResourceLimitExceeded, match=r"'ml\.m5\.large for endpoint usage'"):
        stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
