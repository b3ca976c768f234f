"""What a new process makes of the state that an old one left, stopped in order or killed."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.local.sagemaker.stack import FakePorts, wait_for
from tests.local.sagemaker.test_training import WAITS
from tests.local.sagemaker.work import (
    SERVES,
    TRAINS,
    ask,
    begin_training,
    finished,
    make_config,
    make_endpoint,
    make_model,
    secondary,
    settled,
    train,
)

SLOW_TO_LOAD = SERVES.replace("(model_dir):", "(model_dir):\n        import time; time.sleep(1)")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_endpoint_serves_again_after_an_orderly_stop(start: Any, ports: FakePorts) -> None:
    first = start()
    first.s3.create_bucket(Bucket="kept")
    make_endpoint(first, "kept")
    pids = first.processes()
    first.close()
    assert pids and not any(alive(pid) for pid in pids)

    second = start()
    assert second.sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "InService"
    assert ask(second)["model"] == "one"


def test_an_orderly_stop_in_the_middle_of_everything_leaves_no_process(start: Any, ports: FakePorts) -> None:
    stack = start()
    stack.s3.create_bucket(Bucket="middle")
    make_endpoint(stack, "middle")
    make_model(stack, "middle", "two", {"answer.txt": "two", "code/inference.py": SLOW_TO_LOAD})
    make_config(stack, "two")
    begin_training(stack, "middle", WAITS)
    secondary(stack, "job", "Training")
    stack.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="two")
    pids = wait_for(lambda: len(stack.processes()) == 3 and stack.processes())
    stack.close()

    assert not any(alive(pid) for pid in pids)
    assert stack.processes() == []


def test_after_a_kill_orphans_end_and_everything_is_settled(start: Any, ports: FakePorts) -> None:
    first = start(jobs_at_once=2)
    first.s3.create_bucket(Bucket="killed")
    train(first, "killed", TRAINS, "done")
    make_endpoint(first, "killed")
    for name in ("running", "stopping", "waiting"):
        begin_training(first, "killed", WAITS if name != "waiting" else TRAINS, name)
    secondary(first, "running", "Training")
    secondary(first, "stopping", "Training")
    first.sagemaker.stop_training_job(TrainingJobName="stopping")
    orphans = first.processes()
    first.kill()
    assert len(orphans) >= 3 and all(alive(pid) for pid in orphans)

    second = start()
    assert not any(alive(pid) for pid in orphans)
    jobs = {name: finished(second, name) for name in ("done", "running", "stopping", "waiting")}
    assert {name: job["TrainingJobStatus"] for name, job in jobs.items()} == {
        "done": "Completed",
        "running": "Failed",
        "stopping": "Stopped",
        "waiting": "Completed",
    }
    assert jobs["running"]["FailureReason"].startswith("InternalServerError: ")
    assert ask(second)["model"] == "one"


def test_an_update_that_a_kill_interrupts_is_carried_out_afterwards(start: Any, ports: FakePorts) -> None:
    first = start()
    first.s3.create_bucket(Bucket="between")
    make_endpoint(first, "between")
    make_model(first, "between", "two", {"answer.txt": "two", "code/inference.py": SLOW_TO_LOAD})
    make_config(first, "two")
    first.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="two")
    wait_for(lambda: len(first.processes()) == 2)
    first.kill()

    second = start()
    assert ask(second)["model"] == "one"
    endpoint = settled(second)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "two")
    assert ask(second)["model"] == "two"


def test_an_endpoint_in_the_making_is_made_and_one_in_deletion_is_deleted(start: Any, ports: FakePorts) -> None:
    first = start()
    first.s3.create_bucket(Bucket="half")
    make_endpoint(first, "half")
    make_model(first, "half", "two", {"answer.txt": "two", "code/inference.py": SLOW_TO_LOAD})
    make_config(first, "two")
    first.sagemaker.create_endpoint(EndpointName="new", EndpointConfigName="two")
    first.sagemaker.delete_endpoint(EndpointName="endpoint")
    first.kill()

    second = start()
    assert settled(second, "new")["EndpointStatus"] == "InService"
    names = lambda: [entry["EndpointName"] for entry in second.sagemaker.list_endpoints()["Endpoints"]]  # noqa: E731
    wait_for(lambda: names() == ["new"])


def test_a_number_that_another_process_has_now_is_left_alone(start: Any, ports: FakePorts) -> None:
    first = start()
    first.close()
    notes = first.state / "processes"
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        (notes / "1.json").write_text(json.dumps({"pid": stranger.pid, "started": "long ago", "command": []}))
        start()
        assert not list(notes.glob("*.json"))
        assert alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()
