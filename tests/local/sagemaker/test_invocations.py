"""What InvokeEndpoint passes on, and what it makes of the containers' answers, silences and deaths."""

import os
import signal
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import Stack, in_background, wait_for
from tests.local.sagemaker.work import HANDLES, ask, log_lines, make_model, serve, settled


@pytest.mark.parametrize(
    ("content_type", "python_type"),
    [
        ("application/json", "str"),
        ("text/csv", "str"),
        ("application/json; charset=utf-8", "bytes"),
        ("application/octet-stream", "bytes"),
    ],
)
def test_only_exact_text_types_reach_the_model_as_str(handles: Stack, content_type: str, python_type: str) -> None:
    answer = ask(handles, "1,2", content_type)
    assert (answer["type"], answer["content_type"]) == (python_type, content_type)


def test_headers_go_in_and_come_out(handles: Stack) -> None:
    answer = handles.runtime.invoke_endpoint(
        EndpointName="endpoint",
        Body=b"{}",
        ContentType="application/json",
        Accept="text/plain",
        InferenceId="tx-1",
        CustomAttributes="trace=1",
        TargetVariant="AllTraffic",
    )
    told = answer["Body"].read().decode()

    assert '"inference_id": "tx-1"' in told and '"custom": "trace=1"' in told and '"accept": "text/plain"' in told
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["CustomAttributes"] == "back"
    assert answer["ContentType"] == "application/json"


def test_a_refusal_of_the_model_is_a_model_error_with_its_words(handles: Stack) -> None:
    with pytest.raises(handles.runtime.exceptions.ModelError) as caught:
        ask(handles, "refuse")

    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (422, '{"error": "bad row"}')
    assert answer["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/endpoint")
    assert answer["Error"]["Message"].startswith(
        'Received client error (422) from primary with message "{"error": "bad row"}". See https://us-east-1.console'
    )


def test_an_exception_of_the_model_is_a_page_without_a_reason_and_a_traceback_in_the_log(handles: Stack) -> None:
    with pytest.raises(handles.runtime.exceptions.ModelError) as caught:
        ask(handles, "raise")

    assert caught.value.response["OriginalStatusCode"] == 500
    assert "<title>500 Internal Server Error</title>" in caught.value.response["OriginalMessage"]
    assert "no such thing" not in caught.value.response["OriginalMessage"]
    group = "/aws/sagemaker/Endpoints/endpoint"
    wait_for(lambda: "RuntimeError: no such thing" in log_lines(handles, group, "AllTraffic/i-"))


def test_an_answer_that_takes_too_long_is_a_model_error_and_the_next_one_is_served(start: Any) -> None:
    stack = start(invocation_seconds=1.0)
    stack.s3.create_bucket(Bucket="slow")
    serve(stack, "slow", {"code/inference.py": HANDLES})
    with pytest.raises(stack.runtime.exceptions.ModelError, match="invocation timed out while waiting") as caught:
        ask(stack, "sleep 30")

    assert caught.value.response["OriginalStatusCode"] == 0

    def served() -> bool:
        try:
            return bool(ask(stack, "quick")["text"] == "quick")
        except stack.runtime.exceptions.ModelError:
            return False  # the next container is not up within this test's second

    wait_for(served)


def test_a_container_that_dies_is_started_again_and_no_invocation_is_lost(handles: Stack) -> None:
    before = ask(handles)["pid"]
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        ask(handles, "die")  # it dies of every attempt

    assert ask(handles)["pid"] != before


def test_a_request_that_a_dying_container_had_is_answered_by_the_other_one(stack: Stack, bucket: str) -> None:
    serve(stack, bucket, {"code/inference.py": HANDLES}, InitialInstanceCount=2)
    pids = {ask(stack)["pid"] for _ in range(4)}
    slow = [in_background(lambda: ask(stack, "sleep 1")) for _ in range(2)]
    time.sleep(0.3)
    os.kill(pids.pop(), signal.SIGKILL)
    assert [future.result(30)["text"] for future in slow] == ["sleep 1", "sleep 1"]


def test_bodies_up_to_the_limit_pass_and_longer_ones_do_not(handles: Stack) -> None:
    assert ask(handles, b"x" * 6_291_456)["text"] == "x" * 20
    with pytest.raises(ClientError, match=r"ValidationError.*length less than or equal to 6291456"):
        ask(handles, b"x" * 6_291_457)


def test_an_endpoint_that_is_not_there_is_not_found(stack: Stack) -> None:
    with pytest.raises(ClientError, match=r"ValidationError.*Endpoint endpoint of account 123456789012 not found\."):
        ask(stack)


def test_a_variant_that_is_not_there_is_not_found(handles: Stack) -> None:
    with pytest.raises(ClientError, match="Variant other of endpoint endpoint not found"):
        ask(handles, TargetVariant="other")


def test_a_serverless_variant_serves_as_many_at_once_as_it_says(stack: Stack, bucket: str) -> None:
    make_model(stack, bucket, "one", {"code/inference.py": HANDLES}, EnableNetworkIsolation=False)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "one",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
    }
    stack.sagemaker.create_endpoint_config(EndpointConfigName="one", ProductionVariants=[variant])
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")

    described = settled(stack)["ProductionVariants"][0]
    assert described["CurrentServerlessConfig"] == variant["ServerlessConfig"]
    assert ask(stack)["env"]["AWS_ACCESS_KEY_ID"] == "ASIAROLE"
    several = [in_background(lambda: ask(stack, "sleep 1")) for _ in range(3)]
    errors = [future.exception(20) for future in several]
    codes = sorted(error.response["Error"]["Code"] for error in errors if isinstance(error, ClientError))
    assert codes == ["ThrottlingException"] * 2
    with pytest.raises(ClientError, match="length less than or equal to 4194304"):
        ask(stack, b"x" * 4_194_305)


def test_variants_share_the_traffic_by_weight_and_can_be_asked_for(stack: Stack, bucket: str) -> None:
    for name in ("one", "two"):
        make_model(stack, bucket, name)
    stack.sagemaker.create_endpoint_config(
        EndpointConfigName="both",
        ProductionVariants=[
            {"VariantName": name, "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
            | {"InitialVariantWeight": weight}
            for name, weight in (("one", 1.0), ("two", 0.0))
        ],
    )
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="both")
    settled(stack)

    assert {ask(stack)["model"] for _ in range(5)} == {"one"}
    assert ask(stack, TargetVariant="two")["model"] == "two"
