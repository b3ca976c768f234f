"""Drops transaction files into the stack's bucket: the user's, or a made-up sample."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from local.errors import LocalError
from local.home import PYTHON, REPOSITORY, sha256
from local.origin import Origin
from local.stack import Stack

TRANSACTIONS = "transactions/"
SCHEMA_KEY = "config/schema.yaml"
SAMPLE = REPOSITORY / ".cache" / "sample"
LATER = "later"
GENERATOR = REPOSITORY / "model" / "simulation"
MODEL = REPOSITORY / "model"


def files_of(origin: Origin, say: Callable[[str], None]) -> tuple[Path, ...]:
    return origin.files or sample(say)


def sample(say: Callable[[str], None]) -> tuple[Path, ...]:
    """The simulated payments, made once per version of their generator."""
    version = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(GENERATOR.glob("*.py")))).hexdigest()[:12]
    folder = SAMPLE / version
    if not folder.exists():
        say("making the sample of card payments")
        scratch = SAMPLE / f"{version}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        command = [str(PYTHON), "-m", "model", "simulate", "--later", "2", "--out", str(scratch)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LocalError(f"making the sample failed:\n{done.stderr[-2000:]}")
        scratch.rename(folder)
    return tuple(path for path in sorted(folder.iterdir()) if path.is_file())


def to_score(files: tuple[Path, ...]) -> Path:
    """Transactions to try the model on: of the sample those that came later, of the user's files the last one."""
    later = files[-1].parent / LATER
    return next(later.iterdir()) if SAMPLE in later.parents and later.is_dir() else files[-1]


def drop(
    stack: Stack, schema: Path | None, files: tuple[Path, ...], *, again: bool = False, model: Path = MODEL
) -> list[str]:
    """Upload what the bucket does not hold yet (or all), the schema first; returns the keys of dropped files.

    Files are dropped again when the model's code has changed since, for a dropped file is what starts a training.
    """
    if schema:
        _put(stack, schema, SCHEMA_KEY, {"sha256": sha256(schema)})
    code = model_version(model)
    keys = {f"{TRANSACTIONS}{path.name}": path for path in files}
    dropped = []
    for key, path in keys.items():
        if _put(stack, path, key, {"sha256": sha256(path), "model": code}, again=again):
            dropped.append(key)
    return dropped


def model_version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".yaml"):
            digest.update(f"{path.relative_to(folder)}\0{sha256(path)}\n".encode())
    return digest.hexdigest()


def _put(stack: Stack, path: Path, key: str, facts: dict[str, str], *, again: bool = False) -> bool:
    """The facts are kept as the object's metadata, for the ETag of a large file is not its MD5."""
    s3 = stack.client("s3")
    try:
        if not again and s3.head_object(Bucket=stack.bucket, Key=key)["Metadata"] == facts:
            return False
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
    s3.upload_file(str(path), stack.bucket, key, ExtraArgs={"Metadata": facts})
    return True
