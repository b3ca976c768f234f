"""Killed while a model goes to the endpoint, the system comes up again and the model goes live."""

import os
import re
import signal

import pytest

from .conftest import local, state_of
from .stack import Stack, wait_for
from .test_failures import start_training
from .test_monitor import impatient, watch
from .test_rollout import endpoint


@pytest.mark.skipif("SENSITIVE_STACK_JSON" in os.environ, reason="kills its stack, and this one is somebody's")
def test_a_system_that_is_killed_during_an_update_comes_up_again_and_converges(
    sensitive_stack: Stack, sensitive_options: list[str]
) -> None:
    stack, where = sensitive_stack, ("--state-dir", str(state_of("sensitive")))
    job = start_training(stack)
    wait_for("the update", lambda: endpoint(stack)["EndpointStatus"] == "Updating", 400)
    (pid,) = re.findall(r"\(pid (\d+)\)", local("status", *where).stdout)
    os.kill(int(pid), signal.SIGKILL)

    port = stack.endpoint_url.rpartition(":")[2]
    again = local("up", "--port", port, *where, *sensitive_options, timeout=700)
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    with impatient(stack):  # messages of the last seconds may be gone with the process
        watch(stack)
        stack.wait_until_live(job)
    found = endpoint(stack)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", job)
