"""Killed while a model goes to the endpoint, the system comes up again and the model goes live."""

import os
import re
import signal
from pathlib import Path

from .conftest import ROOT, fresh_stack, local, simulate
from .stack import wait_for
from .test_failures import start_training
from .test_monitor import impatient, watch
from .test_rollout import endpoint


def test_a_system_that_is_killed_during_an_update_comes_up_again_and_converges(tmp_path: Path) -> None:
    files = simulate(tmp_path / "sample", rows=12_000, days=60, seed=5)
    with fresh_stack("killed", "--data", *map(str, files)) as stack:
        where = ("--state-dir", str(ROOT / ".cache" / f"killed-{os.getpid()}"))
        job = start_training(stack)
        wait_for("the update", lambda: endpoint(stack)["EndpointStatus"] == "Updating", 400)
        (pid,) = re.findall(r"\(pid (\d+)\)", local("status", *where).stdout)
        os.kill(int(pid), signal.SIGKILL)

        port = stack.endpoint_url.rpartition(":")[2]
        again = local("up", "--port", port, *where, "--data", *map(str, files), timeout=700)
        assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
        with impatient(stack):  # messages of the last seconds may be gone with the process
            watch(stack)
            stack.wait_until_live(job)
        found = endpoint(stack)
        assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", job)
