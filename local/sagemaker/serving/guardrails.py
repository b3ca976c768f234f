"""A DeploymentConfig: what AWS refuses of it, and the steps by which traffic then moves to a new fleet."""

from collections.abc import Iterator
from dataclasses import dataclass

from local.sagemaker.errors import invalid, unsupported
from local.sagemaker.serving import variants
from local.sagemaker.state import Record

_SIZE_OF = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
_SMALLEST = {"CANARY": 0.0, "LINEAR": 0.1}  # share of the fleet
_LARGEST = 0.5


@dataclass(frozen=True)
class Step:
    share: float  # of the traffic, for the new fleet
    seconds: float  # in which it is watched afterwards


def check(asked: Record, config: Record) -> None:
    """`config` is the endpoint configuration of the new fleet."""
    if "RollingUpdatePolicy" in asked:
        raise unsupported("RollingUpdatePolicy")
    if variants.is_serverless(config):
        raise invalid("DeploymentConfig is not supported for serverless endpoints.")
    policy = asked.get("BlueGreenUpdatePolicy")
    if policy is None:
        return
    routing = policy["TrafficRoutingConfiguration"]
    for kind, member in _SIZE_OF.items():
        if (routing["Type"] == kind) != (member in routing):
            raise invalid(f"{member} must be specified for traffic routing of type {kind}, and for no other.")
    if routing["Type"] in _SIZE_OF:
        _check_size(routing, variants.instances(config))
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    waits = sum(step.seconds for step in steps(asked, variants.instances(config)))
    if limit is not None and limit <= waits:
        raise invalid(f"MaximumExecutionTimeoutInSeconds ({limit}) must exceed the sum of the waits ({waits:.0f}).")


def _check_size(routing: Record, instances: int) -> None:
    kind = routing["Type"]
    size = routing[_SIZE_OF[kind]]
    share = _share(routing, instances)
    if not _SMALLEST[kind] <= share <= _LARGEST or share * instances < 1:
        raise invalid(
            f"{_SIZE_OF[kind]} of {size['Value']} {size['Type']} is not possible for {instances} instances: it must be "
            f"at least one instance and between {_SMALLEST[kind]:.0%} and {_LARGEST:.0%} of the fleet."
        )


def alarms(asked: Record | None) -> list[str]:
    found = (asked or {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return [alarm["AlarmName"] for alarm in found]


def steps(asked: Record | None, instances: int) -> list[Step]:
    policy = (asked or {}).get("BlueGreenUpdatePolicy")
    if policy is None:
        return [Step(1.0, 0)]
    routing = policy["TrafficRoutingConfiguration"]
    partial = [Step(share, routing["WaitIntervalInSeconds"]) for share in _shares(routing, instances)]
    return [*partial, Step(1.0, policy.get("TerminationWaitInSeconds", 0))]


def _shares(routing: Record, instances: int) -> Iterator[float]:
    """The steps on the way; the last one, to all of the traffic, is not among them."""
    if routing["Type"] == "ALL_AT_ONCE":
        return
    share = step = _share(routing, instances)
    while share < 1:
        yield share
        share = share + step if routing["Type"] == "LINEAR" else 1


def _share(routing: Record, instances: int) -> float:
    size = routing[_SIZE_OF[routing["Type"]]]
    return float(size["Value"]) / (instances if size["Type"] == "INSTANCE_COUNT" else 100)
