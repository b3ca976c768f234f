"""What all parts of this SageMaker share: its place on disk, its interpreter, its records, its ways out."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.sagemaker.clients import Clients
from local.sagemaker.events import Events
from local.sagemaker.logs import LogStream
from local.sagemaker.names import Names
from local.sagemaker.ports import Ports
from local.sagemaker.processes import Processes
from local.sagemaker.settings import Settings
from local.sagemaker.state import Collection, Record
from local.sagemaker.threads import Threads


@dataclass(frozen=True)
class Machine:
    ports: Ports
    names: Names
    directory: Path
    python: Path
    settings: Settings
    threads: Threads
    clients: Clients
    events: Events
    processes: Processes
    jobs: Collection
    models: Collection
    configs: Collection
    endpoints: Collection
    package_groups: Collection
    packages: Collection

    @classmethod
    def build(cls, ports: Ports, directory: Path, python: Path, names: Names, settings: Settings) -> "Machine":
        threads = Threads()
        return cls(
            ports=ports,
            names=names,
            directory=directory,
            python=python,
            settings=settings,
            threads=threads,
            clients=Clients(ports, names.region, threads),
            events=Events(ports.publish, settings.event_delay_seconds),
            processes=Processes(directory / "processes"),
            jobs=Collection(directory / "training-jobs"),
            models=Collection(directory / "models"),
            configs=Collection(directory / "endpoint-configs"),
            endpoints=Collection(directory / "endpoints"),
            package_groups=Collection(directory / "model-package-groups"),
            packages=Collection(directory / "model-packages"),
        )

    def log_stream(self, role_arn: str, group: str, stream: str) -> LogStream:
        return LogStream(self.clients, self.threads, role_arn, group, stream)

    def now(self) -> float:
        return round(time.time(), 3)


def tag_map(record: Record) -> dict[str, Any]:
    """Tags as events carry them."""
    return {tag["Key"]: tag["Value"] for tag in record.get("Tags", [])}
