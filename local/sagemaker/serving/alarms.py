"""CloudWatch alarms that watch a deployment, read under the execution role of the model that comes."""

from local.sagemaker.errors import invalid
from local.sagemaker.machine import Machine
from local.sagemaker.state import Record


async def check(machine: Machine, names: list[str], plan: Record) -> None:
    missing = set(names) - (await _states(machine, names, plan)).keys()
    if missing:
        raise invalid(f"Could not find alarms: {', '.join(sorted(missing))}.")


async def ringing(machine: Machine, names: list[str], plan: Record) -> list[str]:
    return sorted(name for name, state in (await _states(machine, names, plan)).items() if state == "ALARM")


async def _states(machine: Machine, names: list[str], plan: Record) -> dict[str, str]:
    if not names:
        return {}
    role_arn = next(iter(plan["models"].values()))["ExecutionRoleArn"]
    client = await machine.clients.get("cloudwatch", role_arn)
    found = await machine.threads.run(client.describe_alarms, AlarmNames=names)
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found["MetricAlarms"] + found["CompositeAlarms"]}
