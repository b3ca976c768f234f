"""The instances that serve one endpoint configuration, started, chosen among, drained and stopped together."""

import asyncio
import random
from pathlib import Path

from local.sagemaker.machine import Machine
from local.sagemaker.names import instance_id
from local.sagemaker.serving import variants
from local.sagemaker.serving.image import DeploymentError, Image, InstallError, remove
from local.sagemaker.serving.instance import Instance, NeverHealthyError
from local.sagemaker.state import Record

LOG_GROUP = "/aws/sagemaker/Endpoints/{endpoint}"
_DRAIN_PAUSE_SECONDS = 0.02
_DEFAULT_HEALTH_SECONDS = 240.0


class Variant:
    def __init__(self, settings: Record, image: Image, instances: list[Instance]) -> None:
        self.settings = settings
        self.image = image
        self.instances = instances
        self.name: str = settings["VariantName"]

    @property
    def in_flight(self) -> int:
        return sum(instance.in_flight for instance in self.instances)

    def least_busy(self) -> Instance | None:
        up = [instance for instance in self.instances if instance.up]
        return min(up, key=lambda instance: instance.in_flight, default=None)


class Fleet:
    """Built from a plan: {"id", "config", "models"}, copies that outlive the records they were taken from."""

    def __init__(self, machine: Machine, endpoint: str, plan: Record) -> None:
        self._machine = machine
        self._root = fleets_directory(machine, endpoint) / plan["id"]
        group = LOG_GROUP.format(endpoint=endpoint)
        self.variants: dict[str, Variant] = {}
        for settings in plan["config"]["ProductionVariants"]:
            name = settings["VariantName"]
            image = Image(machine, plan["models"][settings["ModelName"]], self._root / name / "ml")
            instances = [
                Instance(image, machine.log_stream(image.role_arn, group, f"{name}/{instance_id()}"))
                for _ in range(variants.count(settings))
            ]
            self.variants[name] = Variant(settings, image, instances)

    async def start(self) -> None:
        """Return when every instance is healthy; otherwise the fleet is removed and DeploymentError tells why."""
        starts = [self._start_variant(variant) for variant in self.variants.values()]
        failures = [error for error in await asyncio.gather(*starts, return_exceptions=True) if error]
        if failures:
            await self.stop()
            raise failures[0]

    async def resume(self) -> None:
        """After a restart of this machine: the fleet was good once, so it is kept up from the start."""
        for variant in self.variants.values():
            await variant.image.prepare()
            for instance in variant.instances:
                instance.keep_up()

    def choose(self, target: str | None) -> Variant | None:
        if target is not None:
            return self.variants.get(target)
        every = list(self.variants.values())
        if len(every) == 1:
            return every[0]
        return random.choices(every, [variants.weight(variant.settings) for variant in every])[0]  # noqa: S311 (spreads requests)

    async def drain(self) -> None:
        """Wait for the requests under way, but not for ever."""
        deadline = asyncio.get_running_loop().time() + self._machine.settings.drain_seconds
        while any(variant.in_flight for variant in self.variants.values()):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(_DRAIN_PAUSE_SECONDS)

    async def halt(self) -> None:
        """Stop the processes; the files stay for a later resume."""
        instances = [instance for variant in self.variants.values() for instance in variant.instances]
        await asyncio.gather(*(instance.stop() for instance in instances))

    async def stop(self) -> None:
        await self.halt()
        await self._machine.threads.run(remove, self._root)

    async def _start_variant(self, variant: Variant) -> None:
        try:
            await variant.image.prepare()
        except InstallError as error:
            variant.instances[0].log(str(error))
            raise _unhealthy(variant) from error
        asked = variant.settings.get("ContainerStartupHealthCheckTimeoutInSeconds", _DEFAULT_HEALTH_SECONDS)
        timeout = min(asked, self._machine.settings.health_check_seconds)
        starts = [instance.start(timeout) for instance in variant.instances]
        for failure in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(failure, NeverHealthyError):
                raise _unhealthy(variant)
            if failure is not None:
                raise failure


def _unhealthy(variant: Variant) -> DeploymentError:
    return DeploymentError(
        f"The primary container for production variant {variant.name} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def fleets_directory(machine: Machine, endpoint: str) -> Path:
    return machine.directory / "fleets" / endpoint
