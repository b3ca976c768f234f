"""What the serving container does with a model's code, and what becomes of an endpoint that cannot serve."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.stack import Stack, wait_for
from tests.local.sagemaker.work import HANDLES, ask, log_lines, make_config, make_endpoint, make_model, serve, settled


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
