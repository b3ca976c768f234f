"""Where one local stack keeps everything: the folder's layout in one place."""

import hashlib
import json
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHON = REPOSITORY / ".venv" / "bin" / "python"
SERVER_PYTHON = REPOSITORY / ".cache" / "venvs" / "aws" / "bin" / "python"


@dataclass(frozen=True)
class Home:
    root: Path

    @property
    def started(self) -> Path:
        """Written when the server process is started: its pid and port."""
        return self.root / "started.json"

    @property
    def ready(self) -> Path:
        """Written by the server once it answers, removed when it stops in order."""
        return self.root / "server.json"

    @property
    def pending(self) -> Path:
        """Firehose's records that are not in S3 yet, over a stop."""
        return self.root / "firehose-pending.json"

    @property
    def lock(self) -> Path:
        """Held by the `up` that is at work; beside the folder, which `up` may set aside."""
        return self.root.with_name(f"{self.root.name}.lock")

    @property
    def server_log(self) -> Path:
        return self.root / "server.log"

    @property
    def sam_log(self) -> Path:
        return self.root / "sam.log"

    @property
    def stack(self) -> Path:
        """How clients reach the stack; written once it answers."""
        return self.root / "stack.json"

    @property
    def functions(self) -> Path:
        """The functions' environment, for `sam local invoke --env-vars`."""
        return self.root / "env.json"

    @property
    def origin(self) -> Path:
        """Which schema and files the state was made from."""
        return self.root / "origin.json"

    def shown(self, path: Path) -> str:
        """A path as the user would type it."""
        relative = os.path.relpath(path)
        return str(path) if relative.startswith("..") else relative


def read_json(path: Path) -> dict[str, Any]:
    """The file's content, or {} when there is none or it was cut off by a crash."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(content, indent=2) + "\n")
    scratch.replace(path)


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log, indented, to be shown below an explanation."""
    try:
        with path.open(errors="replace") as lines:
            return "".join(f"    {line.rstrip()[:300]}\n" for line in deque(lines, count)).rstrip()
    except FileNotFoundError:
        return "    (no log was written)"
