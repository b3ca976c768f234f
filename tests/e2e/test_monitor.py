"""What events lose and people delete, the monitor finds and mends, under its own role."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pandas as pd

from .stack import Stack, wait_for
from .test_training import csv


@contextmanager
def deaf_to_jobs(stack: Stack) -> Iterator[None]:
    """The rule that hears of training jobs is off: leave only when late events no longer matter."""
    events, rule = stack.client("events"), stack.physical_id("DeploymentsRule").rpartition("/")[2]
    events.disable_rule(Name=rule)
    try:
        yield
    finally:
        events.enable_rule(Name=rule)


def impatient(stack: Stack) -> AbstractContextManager[None]:
    return stack.variables("monitor", LOST_AFTER_SECONDS="0")


def watch(stack: Stack) -> None:
    answer = stack.client("lambda").invoke(FunctionName=f"{stack.stack_name}-monitor", Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_model_whose_completion_event_was_lost_goes_live_all_the_same(stack: Stack, simulated: pd.DataFrame) -> None:
    known, mark = stack.jobs(), os.urandom(3).hex()
    with stack.inbox() as inbox:
        with deaf_to_jobs(stack):
            stack.upload(f"transactions/{mark}.csv", csv(simulated, mark))
            job = stack.wait_for_new_job(known)
            assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Completed"
            assert not stack.keys(f"runs/{job}/contract.json")
            with impatient(stack):
                watch(stack)
            stack.wait_until_live(job)
        assert "was lost" in inbox.wait_for(f"Reconciled: training job {job}")
    stack.s3.delete_object(Bucket=stack.bucket, Key=f"transactions/{mark}.csv")


def test_an_endpoint_that_was_deleted_by_hand_comes_back_and_scoring_never_stops(
    stack: Stack, transactions: list[dict[str, Any]]
) -> None:
    model = stack.live()["model"]
    with stack.inbox() as inbox:
        stack.sagemaker.delete_endpoint(EndpointName=stack.endpoint_name)
        wait_for("the endpoint being gone", lambda: not stack.sagemaker.list_endpoints()["Endpoints"])
        assert stack.post("/score", json=transactions[0]).json()["scored_by"] == "fallback"
        watch(stack)
        wait_for("an endpoint that serves", lambda: "InService" in states(stack), seconds=400)
        assert inbox.wait_for(f"Reconciled: endpoint {stack.endpoint_name} is gone")
        assert inbox.wait_for(f"Live: model {model}")
    assert stack.live()["model"] == model
    wait_for("an answer of the endpoint", lambda: scored_by(stack, transactions[1]) == "endpoint")


def test_where_all_is_well_the_monitor_says_nothing_and_keeps_what_serves(stack: Stack) -> None:
    before = set(stack.keys("monitor/")), stack.live()
    for _ in range(2):
        watch(stack)
    assert (set(stack.keys("monitor/")), stack.live()) == before
    names = {config["EndpointConfigName"] for config in stack.sagemaker.list_endpoint_configs()["EndpointConfigs"]}
    assert stack.live()["model"] in names and len(names) <= 5


def states(stack: Stack) -> set[str]:
    return {endpoint["EndpointStatus"] for endpoint in stack.sagemaker.list_endpoints()["Endpoints"]}


def scored_by(stack: Stack, transaction: dict[str, Any]) -> str:
    name = f"monitor-{os.urandom(4).hex()}"
    return str(stack.post("/score", json=transaction | {"transaction_id": name}).json()["scored_by"])
