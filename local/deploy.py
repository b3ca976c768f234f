"""Runs the real `sam deploy` against the local stack, and `sam build` where there is something new to build."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from local import build, stack
from local.errors import LocalError
from local.home import PYTHON, REPOSITORY, Home, last_lines
from local.stack import Stack

SAM = PYTHON.with_name("sam")
CONFIG = REPOSITORY / "samconfig.toml"
STEP_SECONDS = 600.0


def deploy(home: Home, endpoint_url: str, stack_name: str, say: Callable[[str], None]) -> Stack:
    home.sam_log.unlink(missing_ok=True)
    taken = []

    def sam(command: str, *arguments: str) -> None:
        started, name = time.monotonic(), f"sam {command}"
        shared = ["--config-file", str(CONFIG), "--config-env", "local"]
        run(name, [command, *shared, *arguments], environment(endpoint_url), home.sam_log, home)
        taken.append(f"{name} {time.monotonic() - started:.0f} s")

    source = str(REPOSITORY / "template.yaml")
    built = build.template(lambda folder: sam("build", "--template-file", source, "--build-dir", str(folder)))
    sam("deploy", "--template-file", str(built), "--stack-name", stack_name)
    say(f"stack {stack_name}: {', '.join(taken)}")
    return stack.of(endpoint_url, stack_name)


def run(name: str, arguments: list[str], environment: dict[str, str], log: Path, home: Home) -> None:
    with log.open("ab") as output:
        output.write(f"$ sam {' '.join(arguments)}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                [str(SAM), *arguments],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=STEP_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LocalError(f"{name} took longer than {STEP_SECONDS:.0f} s, see {home.shown(log)}") from None
    if done.returncode != 0:
        raise LocalError(f"{name} failed (all of it in {home.shown(log)}):\n{last_lines(log, 25)}")


def environment(endpoint_url: str) -> dict[str, str]:
    """Like a shell's, without anything that could lead to a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_", "PYTHON"))}
    return kept | {
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": stack.REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",  # seconds between two looks at the deployment
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }
