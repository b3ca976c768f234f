"""A model package's record: what DescribeModelPackage answers, and the event of each change."""

from datetime import UTC, datetime

from local.sagemaker.listing import pick
from local.sagemaker.machine import Machine
from local.sagemaker.state import Record

EVENT = "SageMaker Model Package State Change"
_OWN = ("Tags", "ClientToken", "Asked", "Key")  # members of the record that no caller sees
_TIMES = ("CreationTime", "LastModifiedTime")


def new(machine: Machine, asked: Record, group: Record, version: int, asked_hash: str) -> Record:
    name = group["ModelPackageGroupName"]
    now = machine.now()
    return {
        "ModelApprovalStatus": "PendingManualApproval",
        **asked,
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageArn": machine.names.arn("model-package", f"{name}/{version}"),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        # Without a validation or a scan of ours to wait for, a package is complete at once.
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "Tags": group.get("Tags", []),
        "Asked": asked_hash,
        "Key": f"{name}.{version:09}",  # sorts as the versions do
    }


def save(machine: Machine, package: Record, *updated: str) -> None:
    machine.packages.put(package["Key"], package)
    detail = describe(package)
    detail.update({time: _iso(package[time]) for time in _TIMES})
    if updated:
        detail["UpdatedModelPackageFields"] = list(updated)
    machine.events.announce(EVENT, package["ModelPackageArn"], detail)


def describe(package: Record) -> Record:
    return {member: value for member, value in package.items() if member not in _OWN}


def summary(package: Record) -> Record:
    return pick(
        package,
        "ModelPackageGroupName",
        "ModelPackageVersion",
        "ModelPackageArn",
        "ModelPackageDescription",
        "CreationTime",
        "ModelPackageStatus",
        "ModelApprovalStatus",
        "ModelLifeCycle",
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
