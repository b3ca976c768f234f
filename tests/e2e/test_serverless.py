"""A stack that turns serverless: what AWS refuses is explained, and models prove themselves before they serve."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import fresh_stack, simulate
from .stack import Stack, wait_for
from .test_failures import start_training
from .test_rollout import DOUBLES_EVERY_ANSWER, INFERENCE, package, scoring


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own, for it changes for good."""
    files = simulate(tmp_path_factory.mktemp("sample"), rows=12_000, days=60, seed=5)
    with fresh_stack("serverless", "--data", *map(str, files)) as made:
        yield made


def turn_serverless(stack: Stack) -> None:
    """As if the stack were deployed again with EndpointType=serverless."""
    functions, name = stack.client("lambda"), f"{stack.stack_name}-deploy"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | {"ENDPOINT_TYPE": "serverless"}}
    )


def endpoint(stack: Stack, name: str) -> dict[str, Any] | None:
    try:
        return dict(stack.sagemaker.describe_endpoint(EndpointName=name))
    except ClientError:
        return None


def wait_until_gone(stack: Stack, name: str) -> None:
    wait_for(f"the end of endpoint {name}", lambda: endpoint(stack, name) is None)


def test_a_stack_turns_serverless_and_its_models_prove_themselves(
    own: Stack, transactions: list[dict[str, Any]]
) -> None:
    candidate = f"{own.stack_name}-candidate"
    with scoring(own, transactions):
        before = start_training(own)
        own.wait_until_live(before)  # on instances, by a guarded update

    turn_serverless(own)
    with own.inbox() as inbox:
        first = start_training(own)
        told = inbox.wait_for("Not deployed", first)
    assert "no such endpoint turn serverless" in told and f"Model {before} serves on" in told
    refused = package(own, first)
    assert refused["CustomerMetadataProperties"]["deployment"] == "refused"

    own.sagemaker.delete_endpoint(EndpointName=own.endpoint_name)  # as the message says
    wait_until_gone(own, own.endpoint_name)
    own.sagemaker.update_model_package(ModelPackageArn=refused["ModelPackageArn"], ModelApprovalStatus="Approved")
    own.wait_until_live(first)
    assert "CurrentServerlessConfig" in endpoint(own, own.endpoint_name)["ProductionVariants"][0]

    with scoring(own, transactions):
        second = start_training(own)
        wait_for("the candidate", lambda: endpoint(own, candidate), 400)
        assert own.live()["model"] == first
        own.wait_until_live(second)
        wait_until_gone(own, candidate)

        with own.inbox() as inbox:
            third = start_training(own, {"model/inference.py": INFERENCE.read_text("utf-8") + DOUBLES_EVERY_ANSWER})
            told = inbox.wait_for("gives wrong answers", third)
        assert "golden transaction" in told and f"Model {second} serves on" in told
        wait_until_gone(own, candidate)
    assert endpoint(own, own.endpoint_name)["EndpointConfigName"] == own.live()["model"] == second
    assert package(own, third)["CustomerMetadataProperties"]["deployment"] == "doubted"
