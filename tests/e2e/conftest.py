"""One local stack for the whole run, brought up as `make up DATA=…` does, on a port and a state of its own."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from xdist.scheduler import LoadScopeScheduling

from tests.ports import free_port

from .stack import CREDENTIALS, Stack

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
# Files on stacks of their own, for a second process, in this order; the last of them kills its stack.
APART = ("test_parity.py", "test_by_hand.py", "test_sensitive.py", "test_killed.py")
LAST = ("test_fallback.py", "test_storm.py")  # of the shared stack, for they wait until no other has work to do
SENSITIVE = ("card_id", "email", "ip_address")
SLOW_MACHINE = 1500  # seconds for one test: thousands of requests, or two trainings, on cores that others use too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(SLOW_MACHINE))
    later = LAST + APART
    items.sort(key=lambda item: later.index(item.path.name) if item.path.name in later else -1)


class Division(LoadScopeScheduling):
    """With `-n 2`: what needs the shared stack in one process, all else in the other."""

    def _split_scope(self, nodeid: str) -> str:
        return "apart" if Path(nodeid.partition("::")[0]).name in APART else "shared"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Division:
    return Division(config, log)


def shell(stack: Stack) -> dict[str, str]:
    """The environment of a user's shell as the README sets it: AWS's tools of .venv, pointed at the stack."""
    return os.environ | {
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        **{name.upper(): value for name, value in CREDENTIALS.items()},
    }


def local(*arguments: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m local …` as the Makefile does, but wait half as long for a container that cannot serve."""
    command = [sys.executable, "-m", "local", *arguments]
    env = os.environ | {"LOCAL_SAGEMAKER_HEALTH_CHECK_SECONDS": "30"}
    return subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False, **kwargs)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a live model; set STACK_JSON to try the tests against one that runs already."""
    if running := os.environ.get("STACK_JSON"):
        yield Stack.read(Path(running))
        return
    files = simulate(tmp_path_factory.mktemp("sample"), rows=6000, days=60, seed=7)
    with fresh_stack("e2e", "--data", *map(str, files)) as made:
        yield made


def simulate(folder: Path, **options: object) -> list[Path]:
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "model", "simulate", *words, "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def sensitive_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return simulate(tmp_path_factory.mktemp("sensitive-sample"), rows=6000, days=60, seed=5)


@pytest.fixture(scope="session")
def sensitive_options(sensitive_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """For `up`: a schema that calls cards and addresses sensitive."""
    document: dict[str, Any] = yaml.load((ROOT / "model" / "schema.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
    for name in SENSITIVE:
        document["fields"][name]["sensitive"] = "true"
    schema = tmp_path_factory.mktemp("schema") / "schema.yaml"
    schema.write_text(yaml.safe_dump(document, sort_keys=False))
    return ["--schema", str(schema), "--data", *map(str, sensitive_files)]


@pytest.fixture(scope="session")
def sensitive_stack(sensitive_options: list[str]) -> Iterator[Stack]:
    if running := os.environ.get("SENSITIVE_STACK_JSON"):
        yield Stack.read(Path(running))
        return
    with neighbour(), fresh_stack("sensitive", *sensitive_options) as made:
        yield made


@contextmanager
def neighbour(kind: int = fcntl.LOCK_SH) -> Iterator[None]:
    """Held by whoever has a stack beside the shared one."""
    with (ROOT / ".cache" / "e2e.lock").open("w") as lock:
        fcntl.flock(lock, kind)
        yield


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """For tests that measure by the clock of a caller: there is no neighbour, and none comes."""
    with neighbour(fcntl.LOCK_EX):
        yield


def state_of(name: str) -> Path:
    return ROOT / ".cache" / f"{name}-{os.getpid()}"


@contextmanager
def fresh_stack(name: str, *options: str) -> Iterator[Stack]:
    """Without options on the sample that `make up` makes."""
    state = state_of(name)
    where = ("--state-dir", str(state))
    try:
        up = local("up", "--port", str(free_port()), *where, *options, timeout=SLOW_MACHINE / 2)
        assert up.returncode == 0, f"{up.stdout[-3000:]}\n{up.stderr[-3000:]}"
        yield Stack.read(state / "stack.json")
    finally:
        local("down", *where, timeout=60)
        shutil.rmtree(state, ignore_errors=True)


def training_files(stack: Stack, folder: Path) -> list[Path]:
    """What the live model was trained on."""
    manifest = stack.read_json(f"runs/{stack.live()['model']}/input/manifest.json")
    paths = [folder / str(entry["key"]).replace("/", "-") for entry in manifest["files"]]
    for entry, path in zip(manifest["files"], paths, strict=True):
        found = stack.s3.get_object(Bucket=stack.bucket, Key=entry["key"], VersionId=entry["version_id"])
        path.write_bytes(found["Body"].read())
    return paths


def read_files(files: list[Path]) -> pd.DataFrame:
    read = {".csv": pd.read_csv, ".gz": pd.read_csv, ".parquet": pd.read_parquet}
    return pd.concat([read[path.suffix](path).astype(object) for path in files], ignore_index=True)


def in_time_order(files: list[Path]) -> pd.DataFrame:
    rows = read_files(files)
    rows["timestamp"] = pd.to_datetime(rows["timestamp"], utc=True, format="ISO8601", errors="coerce")
    return rows.dropna(subset=["timestamp"]).sort_values("timestamp", kind="stable")


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Labelled transactions that the stack's sample does not hold, as the files' columns."""
    files = simulate(tmp_path_factory.mktemp("simulated"), rows=6000, seed=83)
    rows = read_files(files)
    times = pd.to_datetime(rows["timestamp"], utc=True, format="ISO8601")
    return rows.assign(timestamp=times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture
def transactions(simulated: pd.DataFrame) -> list[dict[str, Any]]:
    """200 requests for `POST /score`, each with an id of this test's own."""
    rows = simulated.drop(columns="is_fraud").sample(200, random_state=3).to_dict("records")
    mark = os.urandom(4).hex()
    return [
        {key: value for key, value in row.items() if not pd.isna(value)} | {"transaction_id": f"e2e-{mark}-{number}"}
        for number, row in enumerate(rows)
    ]
