"""Brings endpoints to their configuration: fleets are started, traffic switched, the old ones drained and stopped."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.machine import Machine
from local.sagemaker.ports import AccessDeniedError
from local.sagemaker.serving import alarms, guardrails, variants
from local.sagemaker.serving import endpoint as endpoints
from local.sagemaker.serving.fleet import Fleet, fleets_directory
from local.sagemaker.serving.image import DeploymentError, remove
from local.sagemaker.serving.traffic import Traffic
from local.sagemaker.state import Record

_INTERNAL = "Request to service failed. If failure persists after retry, contact customer support."

log = logging.getLogger(__name__)


class Deployments:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._tasks: set[asyncio.Task[None]] = set()
        self.traffic = Traffic()

    def create(self, endpoint: Record) -> None:
        endpoints.move(self._machine, endpoint, "Creating")
        self._begin(self._create(endpoint), endpoint)

    def update(self, endpoint: Record, plan: Record) -> None:
        endpoint.pop("FailureReason", None)
        endpoint["PendingPlan"] = plan
        endpoints.move(self._machine, endpoint, "Updating")
        self._begin(self._update(endpoint), endpoint)

    def delete(self, endpoint: Record) -> None:
        endpoints.move(self._machine, endpoint, "Deleting")
        self._begin(self._delete(endpoint), endpoint)

    def resume(self) -> None:
        """After a restart: serve again what served, and carry on with what was under way."""
        for endpoint in self._machine.endpoints.all():
            status = endpoint["EndpointStatus"]
            self._sweep(endpoint)
            if status == "Deleting":
                self._begin(self._delete(endpoint), endpoint)
                continue
            if endpoint["ActivePlan"]:
                fleet = Fleet(self._machine, endpoint["EndpointName"], endpoint["ActivePlan"])
                self.traffic.hand_over(endpoint["EndpointName"], fleet)
                self._begin(fleet.resume(), endpoint)
            if status == "Creating":
                self._begin(self._create(endpoint), endpoint)
            elif status == "Updating" and endpoint["PendingPlan"]:
                self._begin(self._update(endpoint), endpoint)
            elif status in ("Updating", "RollingBack"):
                endpoints.forget_pending(endpoint)
                endpoints.move(self._machine, endpoint, "InService")

    def _sweep(self, endpoint: Record) -> None:
        """Remove what fleets have left that no plan knows any more."""
        plans = [endpoint["ActivePlan"], endpoint["PendingPlan"]]
        known = {plan["id"] for plan in plans if plan}
        for left in fleets_directory(self._machine, endpoint["EndpointName"]).glob("*"):
            if left.name not in known:
                remove(left)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(fleet.halt() for fleet in self.traffic.fleets()))

    async def _create(self, endpoint: Record) -> None:
        try:
            await self._switch(endpoint)
        except DeploymentError:
            endpoint.pop("PendingDeploymentSummary", None)
            endpoints.move(self._machine, endpoint, "Failed")
        else:
            endpoints.move(self._machine, endpoint, "InService")

    async def _update(self, endpoint: Record) -> None:
        with contextlib.suppress(DeploymentError):
            await self._switch(endpoint)
        endpoints.move(self._machine, endpoint, "InService")

    async def _switch(self, endpoint: Record) -> None:
        """Start the pending fleet; once it is healthy it takes the traffic, perhaps by and by, and the old one ends."""
        name, plan = endpoint["EndpointName"], endpoint["PendingPlan"]
        fleet = Fleet(self._machine, name, plan)
        try:
            endpoints.enter(self._machine, endpoint, "Creating")
            await fleet.start()
            if endpoint["ActivePlan"]:
                await self._shift(endpoint, fleet)
        except (AccessDeniedError, BotoCoreError, ClientError, DeploymentError) as error:
            self.traffic.take_back(name)
            endpoint["FailureReason"] = str(error)
            if endpoint["ActivePlan"]:
                endpoints.forget_pending(endpoint)
                endpoints.move(self._machine, endpoint, "RollingBack")
            await _end(fleet)
            raise DeploymentError(str(error)) from error
        except asyncio.CancelledError:
            await fleet.halt()
            raise
        old = self.traffic.hand_over(name, fleet)
        plan["since"] = self._machine.now()
        endpoint.update(ActivePlan=plan, EndpointConfigName=plan["config"]["EndpointConfigName"])
        endpoints.forget_pending(endpoint)
        self._machine.endpoints.put(name, endpoint)
        if old is not None:
            await _end(old)

    async def _shift(self, endpoint: Record, fleet: Fleet) -> None:
        asked = endpoint.get("LastDeploymentConfig")
        for step in guardrails.steps(asked, variants.instances(endpoint["PendingPlan"]["config"])):
            endpoints.enter(self._machine, endpoint, "ActivatingTraffic")
            self.traffic.give(endpoint["EndpointName"], fleet, step.share)
            endpoints.enter(self._machine, endpoint, "Baking")
            await self._watch(endpoint, guardrails.alarms(asked), step.seconds)

    async def _watch(self, endpoint: Record, names: list[str], seconds: float) -> None:
        """DeploymentError as soon as an alarm rings, be it about the old fleet."""
        settings, clock = self._machine.settings, asyncio.get_running_loop().time
        deadline = clock() + min(seconds, settings.longest_bake_seconds)
        while True:
            if rings := await alarms.ringing(self._machine, names, endpoint["PendingPlan"]):
                raise DeploymentError(f"Alarms that went off while the endpoint was updated: {', '.join(rings)}.")
            left = deadline - clock()
            if left <= 0:
                return
            await asyncio.sleep(min(left, settings.alarm_pause_seconds))

    async def _delete(self, endpoint: Record) -> None:
        name = endpoint["EndpointName"]
        fleet = self.traffic.end(name)
        if fleet is not None:
            await _end(fleet)
        await self._machine.threads.run(remove, fleets_directory(self._machine, name))
        self._machine.endpoints.delete(name)

    def _begin(self, work: Coroutine[Any, Any, None], endpoint: Record) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._on_end(task, endpoint))

    def _on_end(self, task: asyncio.Task[None], endpoint: Record) -> None:
        self._tasks.discard(task)
        if task.cancelled() or not (error := task.exception()):
            return
        log.error("endpoint %s", endpoint["EndpointName"], exc_info=error)
        if endpoint["EndpointStatus"] in endpoints.IN_PROGRESS:
            endpoint.update(FailureReason=_INTERNAL)
            endpoints.forget_pending(endpoint)
            endpoints.move(self._machine, endpoint, "InService" if endpoint["ActivePlan"] else "Failed")


async def _end(fleet: Fleet) -> None:
    await fleet.drain()
    await fleet.stop()
