"""State changes are told more than once, late and out of order, in the form AWS gives them."""

import asyncio
from collections import Counter
from typing import Any

from local.sagemaker.events import Events
from tests.local.sagemaker.stack import FakePorts, Stack, wait_for
from tests.local.sagemaker.work import TRAINS, make_endpoint, train


def told(ports: FakePorts, detail_type: str, status: str) -> list[dict[str, Any]]:
    """Details of the events of a type, once every status has been told twice."""

    def all_twice() -> list[dict[str, Any]] | None:
        details = [detail for kind, _, detail in ports.events if kind == detail_type]
        counts = Counter(detail[status] for detail in details)
        return details if counts and set(counts.values()) == {2} else None

    details: list[dict[str, Any]] = wait_for(all_twice)
    return details


def test_each_status_of_a_job_is_told_twice(stack: Stack, bucket: str, ports: FakePorts) -> None:
    job = train(stack, bucket, TRAINS, Tags=[{"Key": "fraud:stack", "Value": "fraud"}])
    wait_for(lambda: len(ports.events) == 10)
    details = told(ports, "SageMaker Training Job State Change", "SecondaryStatus")

    assert {detail["SecondaryStatus"] for detail in details} == {
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    }
    last = next(detail for detail in details if detail["TrainingJobStatus"] == "Completed")
    assert last["TrainingJobName"] == "job"
    assert last["Tags"] == {"fraud:stack": "fraud"}
    assert last["TrainingEndTime"] == round(job["TrainingEndTime"].timestamp() * 1000)
    began = job["SecondaryStatusTransitions"][0]["StartTime"]
    assert last["SecondaryStatusTransitions"][0]["StartTime"] == round(began.timestamp() * 1000)
    assert last["InputDataConfig"] and last["OutputDataConfig"] and last["AlgorithmSpecification"]
    assert "ModelArtifacts" not in last  # AWS's event has none: DescribeTrainingJob tells
    assert ports.events[0][1] == [job["TrainingJobArn"]]


def test_a_failed_job_tells_why(stack: Stack, bucket: str, ports: FakePorts) -> None:
    job = train(stack, bucket, "raise SystemExit(1)")
    failed = wait_for(lambda: [detail for _, _, detail in ports.events if detail["TrainingJobStatus"] == "Failed"])
    assert failed[0]["FailureReason"] == job["FailureReason"]


def test_an_endpoints_events_write_its_status_in_capitals(stack: Stack, bucket: str, ports: FakePorts) -> None:
    make_endpoint(stack, bucket)
    wait_for(lambda: len(ports.events) == 4)
    stack.sagemaker.delete_endpoint(EndpointName="endpoint")
    wait_for(lambda: len(ports.events) == 6)
    details = told(ports, "SageMaker Endpoint State Change", "EndpointStatus")

    assert {detail["EndpointStatus"] for detail in details} == {"CREATING", "IN_SERVICE", "DELETING"}
    assert details[-1]["EndpointConfigName"] == "one"
    assert details[-1]["ProductionVariants"] == [{"DesiredWeight": 1.0, "DesiredInstanceCount": 1}]
    assert isinstance(details[-1]["CreationTime"], int)


async def tell(delay: float, count: int, *, flush: bool) -> list[int]:
    sent: list[int] = []
    events = Events(lambda _, __, detail: sent.append(detail["number"]), delay)
    for number in range(count):
        events.announce("type", "arn", {"number": number})
    if flush:
        events.flush()
    else:
        while len(sent) < 2 * count:
            await asyncio.sleep(0.01)
    return sent


def test_events_overtake_each_other() -> None:
    sent = asyncio.run(tell(0.2, 10, flush=False))

    assert Counter(sent) == dict.fromkeys(range(10), 2)
    assert sent != sorted(sent)


def test_an_orderly_stop_sends_what_still_waits() -> None:
    assert asyncio.run(tell(60, 3, flush=True)) == [0, 0, 1, 1, 2, 2]
