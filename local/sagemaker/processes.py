"""Programs in process groups of their own, noted on disk so that a successor can end what a killed server left."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.sagemaker.state import write_atomically

LineReader = Callable[[str], None]
_CHUNK = 65536
_LONGEST_LINE = 200_000  # CloudWatch Logs takes events up to 256 KiB
_OUTPUT_SECONDS = 2.0  # for the rest of the output once the process has ended


class Process:
    """One running program; its output goes line by line to a reader."""

    def __init__(self, child: asyncio.subprocess.Process, reader: LineReader, note: Path) -> None:
        self._child = child
        self._note = note
        self._output = asyncio.create_task(self._read(reader))
        self._end = asyncio.create_task(self._wait())

    @property
    def running(self) -> bool:
        return not self._end.done()

    async def wait(self) -> int:
        """The exit code once the program, its group and its output have ended; negative for a signal."""
        return await asyncio.shield(self._end)

    def signal_leader(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(number)

    def kill(self) -> None:
        if self.running:
            _kill_group(self._child.pid)

    async def _wait(self) -> int:
        code = await self._child.wait()
        _kill_group(self._child.pid)
        done, _ = await asyncio.wait([self._output], timeout=_OUTPUT_SECONDS)
        if not done:
            self._output.cancel()
        self._note.unlink(missing_ok=True)
        return code

    async def _read(self, reader: LineReader) -> None:
        assert self._child.stdout is not None
        rest = b""
        while chunk := await self._child.stdout.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                reader(_text(line))
        if rest:
            reader(_text(rest))


class Processes:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    async def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        reader: LineReader,
        pass_fds: Sequence[int] = (),
    ) -> Process:
        child = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        note = self._directory / f"{child.pid}.json"
        write_atomically(note, json.dumps({"pid": child.pid, "started": _started(child.pid), "command": list(command)}))
        return Process(child, reader, note)

    def kill_orphans(self) -> int:
        """End what a predecessor started and could not stop; returns how many groups that were."""
        killed = 0
        for note in self._directory.glob("*.json"):
            known = json.loads(note.read_text())
            # A process id may have been given to somebody else since: only the same start time is the same process.
            if known["started"] is not None and known["started"] == _started(known["pid"]):
                _kill_group(known["pid"])
                killed += 1
            note.unlink()
        return killed


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _started(pid: int) -> str | None:
    """When the process began, in whatever form this system tells it; None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip() or None


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
