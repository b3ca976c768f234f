"""A new model comes to an endpoint that serves while a client scores twenty times a second and hears of nothing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .conftest import ROOT
from .stack import Stack, wait_for
from .test_failures import DIES_WHEN_LOADED, start_training
from .test_registry import package_of

INFERENCE = ROOT / "model" / "inference.py"
DOUBLES_EVERY_ANSWER = """

def predict(model, rows):
    log_odds = model.booster.inplace_predict(rows, predict_type="margin", validate_features=False)
    return [model.contract.calibrate(2 * value) for value in log_odds.tolist()]
"""
PAUSE = 1 / 20


@contextmanager
def scoring(stack: Stack, transactions: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """A client that scores all the while; its answers. Anything but an answer fails the test."""
    answers: list[dict[str, Any]] = []
    wrong: list[object] = []
    enough = threading.Event()

    def client() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            asked = transactions[number % len(transactions)]
            began = time.monotonic()
            try:
                answer = stack.post("/score", json=asked | {"transaction_id": f"{asked['transaction_id']}-{number}"})
                answers.append(answer.json())
                if answer.status_code != 200:
                    wrong.append(answer.text)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
                wrong.append(error)
            enough.wait(max(0.0, PAUSE - (time.monotonic() - began)))

    thread = threading.Thread(target=client)
    thread.start()
    try:
        yield answers
    finally:
        enough.set()
        thread.join()
    assert wrong == []


def package(stack: Stack, job: str) -> dict[str, Any]:
    return dict(stack.sagemaker.describe_model_package(ModelPackageName=package_of(stack, job)["ModelPackageArn"]))


def endpoint(stack: Stack) -> dict[str, Any]:
    return dict(stack.sagemaker.describe_endpoint(EndpointName=stack.endpoint_name))


def stage(stack: Stack) -> str | None:
    pending = endpoint(stack).get("PendingDeploymentSummary")
    return pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] if pending else None


def test_a_model_whose_container_dies_never_takes_traffic(stack: Stack, transactions: list[dict[str, Any]]) -> None:
    before = stack.live()["model"]
    with scoring(stack, transactions) as answers, stack.inbox() as inbox:
        job = start_training(stack, {"model/inference.py": DIES_WHEN_LOADED})
        told = inbox.wait_for("Rolled back", job)

    assert f"Model {before} serves on" in told
    assert {answer["model"] for answer in answers} == {before}
    assert (endpoint(stack)["EndpointStatus"], endpoint(stack)["EndpointConfigName"]) == ("InService", before)


def test_an_alarm_during_the_bake_leads_back_and_is_told_as_such(
    stack: Stack, transactions: list[dict[str, Any]]
) -> None:
    before = stack.live()["model"]
    cloudwatch = stack.client("cloudwatch")
    (alarm,) = (
        found["AlarmName"]
        for found in cloudwatch.describe_alarms()["MetricAlarms"]
        if found["MetricName"] == "Invocation5XXErrors" and found["Dimensions"][0]["Value"] == stack.endpoint_name
    )
    with scoring(stack, transactions) as answers, stack.inbox() as inbox:
        job = start_training(stack)
        wait_for("the bake", lambda: stage(stack) == "Baking", 400)
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="on purpose")
        told = inbox.wait_for("Rolled back", job)
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="on purpose")
        since = len(answers)
        wait_for("scores by the old model", lambda: len(answers) > since + 20)

    assert alarm in told and f"Model {before} serves on" in told
    assert {answer["model"] for answer in answers} <= {before, job}  # what baked has answered, too
    assert {answer["model"] for answer in answers[since:]} == {before}
    assert stack.live()["model"] == before
    assert (endpoint(stack)["EndpointStatus"], endpoint(stack)["EndpointConfigName"]) == ("InService", before)
    marked = package(stack, job)
    assert marked["CustomerMetadataProperties"]["deployment"] == "rolled-back"
    assert alarm in marked["ApprovalDescription"]


def test_a_model_that_answers_otherwise_than_in_training_is_led_back(
    stack: Stack, transactions: list[dict[str, Any]]
) -> None:
    before = stack.live()["model"]
    with scoring(stack, transactions) as answers, stack.inbox() as inbox:
        job = start_training(stack, {"model/inference.py": INFERENCE.read_text("utf-8") + DOUBLES_EVERY_ANSWER})
        inbox.wait_for("Wrong answers", job)
        told = inbox.wait_for("Rolled back", job)

    assert "golden transaction" in told and f"Model {before} serves on" in told
    assert len(stack.read_json(f"runs/{job}/golden.json")["golden"]) == 20
    assert {answer["model"] for answer in answers} <= {before, job}
    assert stack.live()["model"] == before
    assert (endpoint(stack)["EndpointStatus"], endpoint(stack)["EndpointConfigName"]) == ("InService", before)
    assert package(stack, job)["CustomerMetadataProperties"]["deployment"] == "rolled-back"
