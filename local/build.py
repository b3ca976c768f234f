"""What `sam build` makes of the repository, made once for each state of it: every stack is deployed from the same."""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from local.home import REPOSITORY, sha256

BUILDS = REPOSITORY / ".cache" / "build"
SOURCES = ("template.yaml", "samconfig.toml", "Makefile", "requirements.txt", "functions", "model")


def template(make: Callable[[Path], None], builds: Path = BUILDS, repository: Path = REPOSITORY) -> Path:
    """The built template; `make` builds into the folder that it is given, when there is none of this state yet."""
    folder = builds / f"sam-{version(repository)}"
    with alone(builds):
        if not folder.exists():
            for old in builds.glob("sam*"):
                shutil.rmtree(old)
            scratch = builds / "sam"
            make(scratch)
            pack(scratch)
            scratch.rename(folder)
    return folder / "template.yaml"


@contextmanager
def alone(builds: Path) -> Iterator[None]:
    """Two stacks that come up at the same moment build once."""
    builds.mkdir(parents=True, exist_ok=True)
    with (builds / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def version(repository: Path) -> str:
    sources = (path for name in SOURCES for path in files(repository / name) if path.parent.name != "__pycache__")
    return digest(sources, repository)[:12]


def pack(folder: Path) -> None:
    """SAM would pack the folder of every function anew, and read its YAML many times. So functions of the same bytes
    get one archive, and the template becomes JSON."""
    template = folder / "template.yaml"
    document = yaml.safe_load(template.read_text("utf-8"))
    archives: dict[str, str] = {}
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            code = folder / properties["CodeUri"]
            content = digest(files(code), code)
            if content not in archives:
                archives[content] = Path(shutil.make_archive(str(code), "zip", code)).name
            properties["CodeUri"] = archives[content]
            shutil.rmtree(code)
    template.write_text(json.dumps(document, indent=1), "utf-8")


def files(path: Path) -> Iterator[Path]:
    yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def digest(paths: Iterable[Path], root: Path) -> str:
    told = hashlib.sha256()
    for path in paths:
        told.update(f"{path.relative_to(root)}\0{sha256(path)}\n".encode())
    return told.hexdigest()
