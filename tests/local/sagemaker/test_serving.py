"""What the serving container does with a model's code, and what InvokeEndpoint makes of its answers."""

import os
import signal
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import Stack, in_background, wait_for
from tests.local.sagemaker.work import ask, log_lines, make_config, make_endpoint, make_model, settled

HANDLES = """
    import json, os, time, flask
    def model_fn(model_dir):
        return {"loaded": time.time(), "writable": os.stat(model_dir).st_mode & 0o222}
    def transform_fn(model, body, content_type, accept):
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        if text == "raise":
            raise RuntimeError("no such thing")
        if text == "refuse":
            return flask.Response('{"error": "bad row"}', status=422, mimetype="application/json")
        if text.startswith("sleep"):
            time.sleep(float(text.split()[1]))
        if text == "die":
            os._exit(3)
        headers = dict(flask.request.headers)
        answer = flask.Response(json.dumps({
            "type": type(body).__name__, "content_type": content_type, "accept": accept, "model": model,
            "inference_id": headers.get("X-Amzn-Sagemaker-Inference-Id"),
            "custom": headers.get("X-Amzn-Sagemaker-Custom-Attributes"),
            "env": dict(os.environ), "pid": os.getpid(), "text": text[:20],
        }), mimetype="application/json")
        answer.headers["X-Amzn-SageMaker-Custom-Attributes"] = "back"
        return answer
"""


def serve(stack: Stack, bucket: str, code: dict[str, str], **variant: Any) -> dict[str, Any]:
    make_model(stack, bucket, "one", {"answer.txt": "one", **code})
    make_config(stack, "one", **variant)
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    return settled(stack)


@pytest.fixture
def handles(stack: Stack, bucket: str) -> Stack:
    assert serve(stack, bucket, {"code/inference.py": HANDLES})["EndpointStatus"] == "InService"
    return stack


def test_an_endpoint_tells_what_it_runs(stack: Stack, bucket: str) -> None:
    endpoint = make_endpoint(stack, bucket, InitialInstanceCount=2, InitialVariantWeight=3.0)

    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == "one"
    (variant,) = endpoint["ProductionVariants"]
    assert variant["VariantName"] == "AllTraffic"
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == 2
    assert variant["CurrentWeight"] == variant["DesiredWeight"] == 3.0
    assert variant["DeployedImages"][0]["SpecifiedImage"].endswith("sagemaker-xgboost:3.2-0")
    assert ask(stack)["model"] == "one"


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


def test_the_container_knows_its_model_and_nothing_of_the_machine(
    stack: Stack, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
    monkeypatch.setenv("HTTP_PROXY", "leak")
    serve(stack, bucket, {"code/inference.py": HANDLES})
    answer = ask(stack)

    assert answer["model"]["writable"] == 0
    assert answer["accept"] == "application/json"
    assert "leak" not in answer["env"].values()
    assert [name for name in answer["env"] if name.startswith("AWS_")] == ["AWS_REGION"]
    assert answer["env"]["SAGEMAKER_SUBMIT_DIRECTORY"].endswith("/ml/model/code")
    assert answer["env"]["OMP_NUM_THREADS"] == "1"


def test_the_parts_of_a_model_without_transform_fn_are_called_in_turn(stack: Stack, bucket: str) -> None:
    code = """
    def model_fn(model_dir): return 10
    def input_fn(body, content_type): return int(body)
    def predict_fn(data, model): return data * model
    def output_fn(prediction, accept): return f"[{prediction}]", accept
"""
    serve(stack, bucket, {"code/inference.py": code})
    assert ask(stack, "4") == [40]


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


BROKEN = {
    "model_fn raises": {"code/inference.py": "def model_fn(d): raise ValueError('broken')\ndef transform_fn(*a): 1"},
    "no model_fn": {"code/inference.py": "def transform_fn(*a): return 1"},
    "both kinds of functions": {
        "code/inference.py": "def model_fn(d): 1\ndef transform_fn(*a): 1\ndef predict_fn(*a): 1"
    },
    "no code": {"answer.txt": "one"},
    "a package that nothing installs": {
        "code/inference.py": "import pkg\ndef model_fn(d): 1\ndef transform_fn(*a): 1",
        "code/pkg/__init__.py": "",
    },
    "the process ends": {"code/inference.py": "import os\nos._exit(1)"},
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN.keys())
def test_a_model_that_never_gets_healthy_fails_the_endpoint(start: Any, code: dict[str, str]) -> None:
    stack = start(health_check_seconds=1.5)
    stack.s3.create_bucket(Bucket="broken")
    endpoint = serve(stack, "broken", code)

    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    with pytest.raises(ClientError, match="not found"):
        ask(stack)
    with pytest.raises(ClientError, match="can only be deleted"):
        stack.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    stack.sagemaker.delete_endpoint(EndpointName="endpoint")
    wait_for(lambda: not stack.sagemaker.list_endpoints()["Endpoints"])


def test_a_package_with_a_setup_py_is_installed_whole(stack: Stack, bucket: str) -> None:
    code = {
        "code/setup.py": "",
        "code/inference.py": "from pkg.serving import model_fn, transform_fn",
        "code/pkg/__init__.py": "",
        "code/pkg/serving.py": "def model_fn(d): return 1\ndef transform_fn(*a): return '[5]', 'application/json'",
    }
    assert serve(stack, bucket, code)["EndpointStatus"] == "InService"
    assert ask(stack) == [5]


def test_an_isolated_container_that_would_install_from_the_network_never_starts(stack: Stack, bucket: str) -> None:
    make_model(stack, bucket, "one", environment={"PIP_NO_BUILD_ISOLATION": "1"})
    make_config(stack, "one")
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")

    assert settled(stack)["EndpointStatus"] == "Failed"
    assert any("InstallModuleError" in line for line in log_lines(stack, "/aws/sagemaker/Endpoints/endpoint", "AllT"))


def test_a_truncated_artefact_fails_the_endpoint_by_name(stack: Stack, bucket: str) -> None:
    make_model(stack, bucket, "one")
    make_config(stack, "one")
    whole = stack.s3.get_object(Bucket=bucket, Key="models/one.tar.gz")["Body"].read()
    stack.s3.put_object(Bucket=bucket, Key="models/one.tar.gz", Body=whole[: len(whole) // 2])
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")

    endpoint = settled(stack)
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"].startswith(
        f'Failed to extract model data archive from URL "s3://{bucket}/models/one.tar.gz".'
    )


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
