"""Many trainings end within a second: the newest model is the one that serves in the end.

BURST_TRAININGS says how many; a release is tried with 20.
"""

import os
from typing import Any

from .stack import Stack, wait_for
from .test_failures import start_training
from .test_monitor import deaf_to_jobs, impatient, watch
from .test_registry import package_of
from .test_rollout import endpoint, scoring
from .test_training import queue_is_empty

TRAININGS = int(os.environ.get("BURST_TRAININGS", "3"))


def test_of_models_that_come_at_once_the_newest_ends_up_live(stack: Stack, transactions: list[dict[str, Any]]) -> None:
    with deaf_to_jobs(stack):
        jobs = [start_training(stack) for _ in range(TRAININGS)]
        for job in jobs:
            assert stack.wait_for_job_end(job, 100 * TRAININGS)["TrainingJobStatus"] == "Completed"
        with scoring(stack, transactions) as answers:
            with impatient(stack):
                watch(stack)  # tells of all of them within a second
            stack.wait_until_live(jobs[-1])
            wait_for("an answer of the newest", lambda: answers[-1].get("model") == jobs[-1])
            queue = stack.outputs["DeploymentsQueueUrl"]
            wait_for("the end of all messages", lambda: queue_is_empty(stack, queue), 400)

    assert stack.live()["model"] == jobs[-1]
    assert (endpoint(stack)["EndpointStatus"], endpoint(stack)["EndpointConfigName"]) == ("InService", jobs[-1])
    assert all(package_of(stack, job) for job in jobs)
