"""Starts, finds and stops the server process of a local stack."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import urllib3

from local import listeners
from local.errors import LocalError
from local.home import PYTHON, REPOSITORY, SERVER_PYTHON, Home, last_lines, read_json, write_json
from local.sagemaker.processes import Processes

START_SECONDS = 60.0
STOP_SECONDS = 45.0
RELEASE_SECONDS = 2.0


@dataclass(frozen=True)
class Server:
    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def known(home: Home) -> Server | None:
    """The server that was started for this home, running or not."""
    noted = read_json(home.started)
    return Server(noted["pid"], noted["port"]) if noted else None


def running(home: Home) -> Server | None:
    server = known(home)
    return server if server and alive(server.pid) else None


def alive(pid: int) -> bool:
    """Whether the process is there and is a server of ours: a pid may have been given to somebody else since."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        told = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        command = told.stdout
    return "local.server" in command


def start(home: Home, port: int) -> Server:
    if not SERVER_PYTHON.exists():
        raise LocalError(f"{SERVER_PYTHON} is missing: run `make up`, which installs it")
    require_free(port)
    clear_remains(home)
    home.root.mkdir(parents=True, exist_ok=True)
    if home.server_log.exists():
        home.server_log.replace(home.server_log.with_suffix(".log.1"))
    options = {"--port": port, "--state-dir": home.root, "--python": PYTHON}
    with home.server_log.open("wb") as log:
        child = subprocess.Popen(
            [SERVER_PYTHON, "-m", "local.server", *(str(part) for option in options.items() for part in option)],
            cwd=REPOSITORY,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(child.pid, port)
    write_json(home.started, {"pid": server.pid, "port": port})
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise LocalError(f"the server died while starting:\n{last_lines(home.server_log)}")
        if read_json(home.ready).get("pid") == server.pid and healthy(server):
            return server
        time.sleep(0.1)
    stop(home)
    raise LocalError(f"the server did not answer within {START_SECONDS:.0f} s:\n{last_lines(home.server_log)}")


def require_free(port: int) -> None:
    """A server that was killed a moment ago may hold its port a little longer than it can be seen."""
    deadline = time.monotonic() + RELEASE_SECONDS
    while not listeners.is_free(port):
        if time.monotonic() > deadline:
            raise LocalError(f"port {port} is taken by {listeners.holder(port)}: stop it, or choose another with PORT=")
        time.sleep(0.05)


def healthy(server: Server) -> bool:
    try:
        return urllib3.request("GET", f"{server.url}/_ministack/health", timeout=5, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def stop(home: Home) -> bool:
    """End the server and whatever it left behind; whether one was running."""
    server = running(home)
    if server:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while alive(server.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        _kill_group(server.pid)
    clear_remains(home)
    for note in (home.started, home.ready):
        note.unlink(missing_ok=True)
    return server is not None


def clear_remains(home: Home) -> None:
    """End what a killed server could not: its trainings and endpoints; its functions' processes end by themselves."""
    Processes(home.root / "sagemaker" / "processes").kill_orphans()
    shutil.rmtree(home.root / "tmp", ignore_errors=True)
    home.ready.unlink(missing_ok=True)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
