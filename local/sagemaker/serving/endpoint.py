"""An endpoint's record: what DescribeEndpoint answers, its statuses and the event of each."""

import re

from local.sagemaker.listing import pick
from local.sagemaker.machine import Machine, tag_map
from local.sagemaker.serving import variants
from local.sagemaker.state import Record

EVENT = "SageMaker Endpoint State Change"
IN_PROGRESS = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
_OWN = ("Tags", "ActivePlan", "PendingPlan")  # members of the record that no caller sees


def new(machine: Machine, asked: Record, plan: Record) -> Record:
    now = machine.now()
    return {
        "EndpointName": asked["EndpointName"],
        "EndpointArn": machine.names.arn("endpoint", asked["EndpointName"]),
        "EndpointConfigName": asked["EndpointConfigName"],
        "CreationTime": now,
        "LastModifiedTime": now,
        "Tags": asked.get("Tags", []),
        "ActivePlan": None,
        "PendingPlan": plan,
    }


def move(machine: Machine, endpoint: Record, status: str) -> None:
    endpoint.update(EndpointStatus=status, LastModifiedTime=machine.now())
    machine.endpoints.put(endpoint["EndpointName"], endpoint)
    machine.events.announce(EVENT, endpoint["EndpointArn"], _detail(endpoint))


def enter(machine: Machine, endpoint: Record, stage: str) -> None:
    """How far the deployment of the pending plan is: one of VariantStatus's names."""
    config, now = endpoint["PendingPlan"]["config"], machine.now()
    began = endpoint.get("PendingDeploymentSummary", {}).get("StartTime", now)
    endpoint["PendingDeploymentSummary"] = {
        "EndpointConfigName": config["EndpointConfigName"],
        "StartTime": began,
        "ProductionVariants": [
            {"VariantName": settings["VariantName"], "VariantStatus": [{"Status": stage, "StartTime": now}]}
            for settings in config["ProductionVariants"]
        ],
    }
    machine.endpoints.put(endpoint["EndpointName"], endpoint)


def forget_pending(endpoint: Record) -> None:
    endpoint["PendingPlan"] = None
    endpoint.pop("PendingDeploymentSummary", None)


def describe(endpoint: Record) -> Record:
    answer = {member: value for member, value in endpoint.items() if member not in _OWN}
    if endpoint["ActivePlan"]:
        answer["ProductionVariants"] = [_variant(endpoint, settings) for settings in _settings(endpoint)]
    return answer


def summary(endpoint: Record) -> Record:
    return pick(endpoint, "EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")


def _settings(endpoint: Record) -> list[Record]:
    plan = endpoint["ActivePlan"] or endpoint["PendingPlan"]
    return list(plan["config"]["ProductionVariants"]) if plan else []


def _variant(endpoint: Record, settings: Record) -> Record:
    model = endpoint["ActivePlan"]["models"][settings["ModelName"]]
    image = model["PrimaryContainer"]["Image"]
    variant: Record = {
        "VariantName": settings["VariantName"],
        "DeployedImages": [
            {
                "SpecifiedImage": image,
                "ResolvedImage": image,
                "ResolutionTime": endpoint["ActivePlan"]["since"],
            }
        ],
        "CurrentWeight": variants.weight(settings),
        "DesiredWeight": variants.weight(settings),
        "CurrentInstanceCount": variants.count(settings),
        "DesiredInstanceCount": variants.count(settings),
    }
    if "ServerlessConfig" in settings:
        variant.update(CurrentInstanceCount=0, CurrentServerlessConfig=settings["ServerlessConfig"])
        variant.update(DesiredServerlessConfig=settings["ServerlessConfig"])
        del variant["DesiredInstanceCount"]
    return variant


def _detail(endpoint: Record) -> Record:
    detail = pick(endpoint, "EndpointName", "EndpointArn", "EndpointConfigName", "FailureReason")
    detail["ProductionVariants"] = [
        {"DesiredWeight": variants.weight(settings), "DesiredInstanceCount": variants.count(settings)}
        for settings in _settings(endpoint)
    ]
    detail["EndpointStatus"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", endpoint["EndpointStatus"]).upper()
    detail["CreationTime"] = round(endpoint["CreationTime"] * 1000)
    detail["LastModifiedTime"] = round(endpoint["LastModifiedTime"] * 1000)
    detail["Tags"] = tag_map(endpoint)
    return detail
