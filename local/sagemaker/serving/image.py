"""The serving container before it starts: model unpacked and read-only, code installed, command and variables."""

import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.sagemaker.machine import Machine
from local.sagemaker.serving.models import data_uri
from local.sagemaker.state import Record
from local.sagemaker.training import environment
from local.sagemaker.training.channels import split
from local.sagemaker.training.container import ROOT

CONTAINER = Path(__file__).parent.parent / "container"
_KEEP_ALIVE_SECONDS = 75


class DeploymentError(Exception):
    """The new containers will not serve; the message is the FailureReason."""


class InstallError(Exception):
    """The container ends at `pip install .`; the message is what it logs."""


@dataclass(frozen=True)
class Image:
    """One variant's container, ready to be started any number of times."""

    machine: Machine
    model: Record
    root: Path

    @property
    def role_arn(self) -> str:
        return str(self.model["ExecutionRoleArn"])

    @property
    def variables(self) -> dict[str, str]:
        given = self.model["PrimaryContainer"].get("Environment", {})
        return {name: value.replace(ROOT, str(self.root)) for name, value in given.items()}

    async def prepare(self) -> None:
        """Fetch and unpack the model; what an earlier start has unpacked is used again."""
        ready = self.root / ".ready"
        if ready.exists():
            return
        client = await self.machine.clients.get("s3", self.role_arn)
        await self.machine.threads.run(self._unpack, client)
        ready.touch()

    def command(self, listener: int) -> list[str]:
        return command(self.machine.python, self.variables, listener)

    def environment(self) -> dict[str, str]:
        machine = self.machine
        variables = environment.plain(machine.python, self.root / "tmp")
        if not self.model["EnableNetworkIsolation"]:
            credentials = machine.ports.role_credentials(self.role_arn)
            variables |= environment.network(machine.names.region, machine.ports.endpoint_url, credentials)
        return {
            **variables,
            "AWS_REGION": machine.names.region,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": f"{self.code}{os.pathsep}{CONTAINER}",
            **self.variables,
            "SM_MODEL_DIR": str(self.root / "model"),
        }

    @property
    def code(self) -> Path:
        return self.root / "code"

    def _unpack(self, client: Any) -> None:
        remove(self.root)
        model = self.root / "model"
        for directory in (model, self.root / "tmp"):
            directory.mkdir(parents=True)
        _extract(client, data_uri(self.model["PrimaryContainer"]), model)
        submitted = self.variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        if submitted.startswith("s3://"):
            _extract(client, submitted, self.root / "submitted")
            submitted = str(self.root / "submitted")
        source = Path(submitted or "/").resolve()
        install(source if source.is_relative_to(self.root.resolve()) else None, self.code)
        self._check_install()
        for path in [model, *model.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222)

    def _check_install(self) -> None:
        """As in training: without the network `pip install .` works only when it builds with what is there."""
        builds_alone = self.variables.get("PIP_NO_BUILD_ISOLATION", "").lower() not in ("0", "false", "no", "off")
        wants_packages = (self.code / "requirements.txt").exists()
        if self.model["EnableNetworkIsolation"] and (builds_alone or wants_packages):
            raise InstallError('InstallModuleError:\nCommand "/usr/bin/python3 -m pip install . "')


def command(python: Path, variables: Mapping[str, str], listener: int) -> list[str]:
    """The process that answers on the socket `listener`; its PYTHONPATH has the model's code and CONTAINER."""
    options = {
        "--worker-class": "gthread",
        "--threads": "1",  # the container's workers take one request at a time, too
        "--workers": variables.get("SAGEMAKER_MODEL_SERVER_WORKERS", str(os.cpu_count() or 1)),
        "--timeout": variables.get("SAGEMAKER_MODEL_SERVER_TIMEOUT", "60"),
        "--keep-alive": str(_KEEP_ALIVE_SECONDS),
        "--bind": f"fd://{listener}",
    }
    words = [word for option in options.items() for word in option]
    return [str(python), "-m", "gunicorn", *words, "--no-control-socket", "sagemaker_serving:application()"]


def install(source: Path | None, target: Path) -> None:
    """What `pip install .` brings: with a setup.py of its own all of the code, without one top-level modules only."""
    target.mkdir()
    if source is None or not source.is_dir():
        return
    whole = (source / "setup.py").exists()
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, target / path.name)
        elif whole:
            shutil.copytree(path, target / path.name)


def remove(root: Path) -> None:
    """Delete a tree whose directories may be read-only."""
    for path in [root, *root.rglob("*")] if root.exists() else []:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(root, ignore_errors=True)


def _extract(client: Any, uri: str, directory: Path) -> None:
    bucket, key = split(uri)
    archive = directory.with_name(directory.name + ".tar.gz")
    try:
        with archive.open("wb") as file:
            shutil.copyfileobj(client.get_object(Bucket=bucket, Key=key)["Body"], file, 1 << 20)
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(directory, filter="data")
    except ClientError as error:
        raise DeploymentError(
            f'Failed to download model data from URL "{uri}": {error.response["Error"].get("Message")}'
        ) from error
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DeploymentError(
            f'Failed to extract model data archive from URL "{uri}". Please ensure that the object located at the URL '
            "is a valid tar.gz archive."
        ) from error
    finally:
        archive.unlink(missing_ok=True)
