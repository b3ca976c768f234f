"""The training container's contract without the container: the /opt/ml tree, the code and the script's command."""

import json
import shlex
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.sagemaker.state import Record

ROOT = "/opt/ml"
HOST = "algo-1"


class ContainerError(Exception):
    """The container ends before the script starts; the message is the FailureReason."""


class Tree:
    """A job's own /opt/ml."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "input" / "config"
        self.data = root / "input" / "data"
        self.model = root / "model"
        self.code = root / "code"
        self.output = root / "output"
        self.output_data = root / "output" / "data"
        self.intermediate = root / "output" / "intermediate"
        self.temporary = root / "tmp"

    def make(self) -> None:
        for directory in (self.config, self.data, self.model, self.code, self.output_data, self.intermediate):
            directory.mkdir(parents=True)
        self.temporary.mkdir()

    def place(self, path: str) -> Path:
        """Where a path of the container is on this machine; only what is under /opt/ml is anywhere."""
        place = Path(self.translate(path))
        if not place.resolve().is_relative_to(self.root.resolve()):
            raise ContainerError(f"AlgorithmError: framework error: \n{path} does not exist, exit code: 1")
        return place

    def translate(self, value: str) -> str:
        return value.replace(ROOT, str(self.root)) if ROOT in value else value


def decode(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Hyperparameters as the container reads them: JSON where it is JSON, text where it is not."""
    decoded: dict[str, Any] = {}
    for name, text in parameters.items():
        try:
            decoded[name] = json.loads(text)
        except ValueError:
            decoded[name] = text
    return decoded


def script_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in parameters.items()
        if not name.startswith("sagemaker_") and name != "_tuning_objective_metric"
    }


def arguments(parameters: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in sorted(parameters.items()):
        words += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
    return words


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return "" if value is None else str(value)


def write_config(tree: Tree, job: Record) -> None:
    channels = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", job["AlgorithmSpecification"].get("TrainingInputMode")),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in job.get("InputDataConfig", [])
    }
    files: dict[str, Any] = {
        "hyperparameters": job.get("HyperParameters", {}),
        "inputdataconfig": channels,
        "resourceconfig": resources(job),
    }
    if "CheckpointConfig" in job:
        files["checkpointconfig"] = job["CheckpointConfig"]
    for name, content in files.items():
        (tree.config / f"{name}.json").write_text(json.dumps(content))


def resources(job: Record) -> Record:
    kind = job["ResourceConfig"]["InstanceType"]
    group = {"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": [HOST]}
    return {
        "current_host": HOST,
        "current_instance_type": kind,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }


def unpack_code(tree: Tree, submitted: Path) -> None:
    """`sagemaker_submit_directory`: a tar.gz with its members at the root, or a directory."""
    if submitted.is_dir():
        for path in submitted.iterdir():
            (tree.code / path.name).symlink_to(path)
        return
    try:
        with tarfile.open(submitted, "r:*") as archive:
            archive.extractall(tree.code, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise ContainerError(f"AlgorithmError: framework error: \n{error}, exit code: 1") from error


def check_install(tree: Tree, job: Record) -> None:
    """The container runs `pip install .`, which needs the network unless it is told otherwise."""
    offline = job.get("EnableNetworkIsolation", False)
    without_isolation = job.get("Environment", {}).get("PIP_NO_BUILD_ISOLATION", "").lower()
    builds_alone = without_isolation not in ("0", "false", "no", "off")  # pip reads this variable inverted
    wants_packages = (tree.code / "requirements.txt").exists()
    if offline and (builds_alone or wants_packages):
        options = " -r requirements.txt" if wants_packages else ""
        raise ContainerError(
            f'AlgorithmError: InstallModuleError:\nCommand "/usr/bin/python3 -m pip install . {options}", exit code: 1'
        )


def command(python: Path, parameters: Mapping[str, Any]) -> list[str]:
    program = parameters.get("sagemaker_program")
    if not program:
        raise ContainerError(
            "ClientError: The SageMaker of this machine runs script mode only: "
            "hyperparameter sagemaker_program is missing, exit code: 1"
        )
    module = str(program).removesuffix(".py")
    return [str(python), "-m", module, *arguments(script_parameters(parameters))]


def failure_reason(words: list[str], code: int) -> str:
    if code < 0:
        return f"AlgorithmError: , exit code: {128 - code}"
    line = shlex.join(["/usr/bin/python3", *words[1:]])
    return f'AlgorithmError: ExecuteUserScriptError:\nCommand "{line}", exit code: 1'
