"""The update of an endpoint, and how traffic moves to its new fleet: AWS's deployment guardrails as pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from functions.settings import DeploySettings

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html
LONGEST_WAIT = 3600
SHORTEST_ROLLOUT, LONGEST_ROLLOUT = 600, 28800
MOST_ALARMS = 10
TO_START = 1800  # seconds for new instances to come up; a container that keeps dying takes AWS some 24 minutes


class GuardrailError(Exception):
    """AWS does not roll out as the template asks; the message names the parameter and the limit."""


@dataclass(frozen=True)
class Fleet:
    """What serves now, and the alarms that watch it."""

    instances: int
    began_with: int
    alarms: list[str]

    @property
    def was_scaled(self) -> bool:
        return self.instances != self.began_with


def endpoint_update(settings: DeploySettings, config: str, fleet: Fleet | None) -> dict[str, Any]:
    """A serverless endpoint has no fleet to shift traffic between: AWS updates it at once."""
    request: dict[str, Any] = {"EndpointName": settings.endpoint_name, "EndpointConfigName": config}
    if fleet is None:
        return request
    if fleet.was_scaled:  # else a model that comes at the busiest hour would get the quietest hour's fleet
        request["RetainAllVariantProperties"] = True
        request["ExcludeRetainedVariantProperties"] = [
            {"VariantPropertyType": kind} for kind in ("DesiredWeight", "DataCaptureConfig")
        ]
    instances = fleet.instances if fleet.was_scaled else settings.serving_instance_count
    return request | {"DeploymentConfig": deployment_config(settings, instances, fleet.alarms)}


def deployment_config(settings: DeploySettings, instances: int, alarms: list[str]) -> dict[str, Any]:
    """`instances` is the size of the new fleet: part of one instance cannot take a part of the traffic."""
    bake = settings.rollout_bake_seconds
    shift = settings.traffic_shift if instances >= 2 else "ALL_AT_ONCE"
    seconds = TO_START + bake * _steps(shift, instances)
    _check(bake, seconds, alarms)
    routing: dict[str, Any] = {"Type": shift, "WaitIntervalInSeconds": 0 if shift == "ALL_AT_ONCE" else bake}
    if shift == "CANARY":
        routing["CanarySize"] = {"Type": "INSTANCE_COUNT", "Value": max(1, instances // 5)}
    if shift == "LINEAR":
        routing["LinearStepSize"] = {"Type": "INSTANCE_COUNT", "Value": _quarter(instances)}
    policy = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": bake,  # the old fleet stays that long, and alarms still lead back to it
        "MaximumExecutionTimeoutInSeconds": max(seconds, SHORTEST_ROLLOUT),
    }
    config: dict[str, Any] = {"BlueGreenUpdatePolicy": policy}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return config


def _steps(shift: str, instances: int) -> int:
    """How often the fleets are watched for the length of the bake, the last time with all traffic on the new one."""
    if shift == "LINEAR":
        return -(-instances // _quarter(instances))
    return 2 if shift == "CANARY" else 1


def _quarter(instances: int) -> int:
    """Rounded up; of two or three instances that is one, within the tenth to half that AWS allows."""
    return -(-instances // 4)


def _check(bake: int, seconds: int, alarms: list[str]) -> None:
    if bake > LONGEST_WAIT:
        raise GuardrailError(f"RolloutBakeSeconds is {bake}, and AWS waits for {LONGEST_WAIT} at most")
    if seconds > LONGEST_ROLLOUT:
        raise GuardrailError(f"with RolloutBakeSeconds {bake} it takes {seconds} s; AWS allows {LONGEST_ROLLOUT}")
    if len(alarms) > MOST_ALARMS:
        raise GuardrailError(f"{len(alarms)} alarms are to watch it (ROLLBACK_ALARMS); AWS takes {MOST_ALARMS}")
