"""CreateModelPackage, DescribeModelPackage, UpdateModelPackage, ListModelPackages, DeleteModelPackage."""

import hashlib
import json

from local.sagemaker.caller import Caller
from local.sagemaker.errors import conflict, does_not_exist, invalid, no_such_group, unsupported
from local.sagemaker.listing import page, pick
from local.sagemaker.machine import Machine
from local.sagemaker.registry import groups, package
from local.sagemaker.state import Record

_NOT_HERE = (
    "AdditionalInferenceSpecifications",
    "AdditionalInferenceSpecificationsToAdd",
    "ManagedStorageType",
    "ModelCard",
    "ModelPackageRegistrationType",
    "SecurityConfig",
    "SourceAlgorithmSpecification",
    "ValidationSpecification",
)
_REPLACED = ("ModelApprovalStatus", "ApprovalDescription", "SourceUri", "ModelLifeCycle")
_MOST_PROPERTIES = 50


class ModelPackages:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def create(self, asked: Record, caller: Caller) -> Record:
        machine = self._machine
        group = self._group_of(asked, caller)
        version = group["LastVersion"] + 1
        arn = machine.names.arn("model-package", f"{group['ModelPackageGroupName']}/{version}")
        caller.authorise("CreateModelPackage", arn, group)
        _check(asked)
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        for known in machine.packages.all():
            if known.get("ClientToken", "") == asked.get("ClientToken"):
                if known["Asked"] != digest:
                    raise conflict("A model package was created with this ClientToken and other parameters.")
                return {"ModelPackageArn": known["ModelPackageArn"]}
        # The number is taken before the package is there: a kill in between skips one, and none is given twice.
        machine.package_groups.put(group["ModelPackageGroupName"], group | {"LastVersion": version})
        made = package.new(machine, asked, group, version, digest)
        package.save(machine, made)
        return {"ModelPackageArn": made["ModelPackageArn"]}

    async def describe(self, asked: Record, caller: Caller) -> Record:
        found = package.describe(self._find("DescribeModelPackage", asked["ModelPackageName"], caller))
        if asked.get("IncludedData") == "MetadataOnly":
            found.pop("InferenceSpecification", None)
        return found

    async def update(self, asked: Record, caller: Caller) -> Record:
        found = self._find("UpdateModelPackage", asked["ModelPackageArn"], caller)
        for member in (*_NOT_HERE, "InferenceSpecification"):
            if member in asked:
                raise unsupported(f"An update of {member}")
        properties = _properties(found, asked)
        changed = {member: asked[member] for member in _REPLACED if member in asked}
        if properties != found.get("CustomerMetadataProperties", {}):
            changed["CustomerMetadataProperties"] = properties
        found.update(changed, LastModifiedTime=self._machine.now())
        package.save(self._machine, found, *changed)
        return {"ModelPackageArn": found["ModelPackageArn"]}

    async def list(self, asked: Record, caller: Caller) -> Record:
        records = _listed(self._machine, asked, caller)
        status = asked.get("ModelApprovalStatus")
        return page(
            asked,
            [record for record in records if status in (None, record["ModelApprovalStatus"])],
            name="ModelPackageGroupName",
            place="Key",
            default_order="Ascending",
            summary=package.summary,
            answer="ModelPackageSummaryList",
        )

    async def delete(self, asked: Record, caller: Caller) -> Record:
        found = self._find("DeleteModelPackage", asked["ModelPackageName"], caller)
        self._machine.packages.delete(found["Key"])
        return {}

    def _group_of(self, asked: Record, caller: Caller) -> Record:
        if "ModelPackageName" in asked and "ModelPackageGroupName" in asked:
            raise invalid(
                "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
                "Cannot determine which one to use."
            )
        if "ModelPackageGroupName" not in asked:
            raise unsupported("A model package without a group")
        given = asked["ModelPackageGroupName"]
        group = groups.find(self._machine, given)
        caller.authorise("CreateModelPackage", groups.group_arn(self._machine, given), group)
        if group is None:
            raise no_such_group()
        return group

    def _find(self, action: str, given: str, caller: Caller) -> Record:
        arn = package_arn(self._machine, given)
        found = find(self._machine, arn)
        caller.authorise(action, arn, found)
        if found is None:
            raise does_not_exist("ModelPackage", arn)
        return found


def _listed(machine: Machine, asked: Record, caller: Caller) -> list[Record]:
    everything = machine.packages.all()
    if "ModelPackageGroupName" not in asked:
        caller.authorise("ListModelPackages", "*")
        # AWS lists packages without a group unless told otherwise, and there are none here.
        return [] if asked.get("ModelPackageType", "Unversioned") == "Unversioned" else everything
    given = asked["ModelPackageGroupName"]
    group = groups.find(machine, given)
    arn = groups.group_arn(machine, given)
    caller.authorise("ListModelPackages", arn, group)
    if group is None:
        raise does_not_exist("ModelPackageGroup", arn)
    return [record for record in everything if record["ModelPackageGroupName"] == group["ModelPackageGroupName"]]


def find(machine: Machine, arn: str) -> Record | None:
    return next((record for record in machine.packages.all() if record["ModelPackageArn"] == arn), None)


def container_of(machine: Machine, asked: Record, caller: Caller) -> Record:
    """A model's container that names an approved package: its image, data and variables, beneath what is asked for."""
    for member in ("Image", "ModelDataUrl", "ModelDataSource"):
        if member in asked:
            raise invalid(f"{member} can't be specified together with ModelPackageName.")
    arn = package_arn(machine, asked["ModelPackageName"])
    found = find(machine, arn)
    caller.authorise("CreateModel", arn, found)  # as the resource policies of groups that AWS shows allow it
    if found is None:
        raise does_not_exist("ModelPackage", arn)
    if found["ModelApprovalStatus"] != "Approved":
        raise invalid(
            f"Cannot create a model from model package {arn} with approval status {found['ModelApprovalStatus']}; "
            "it must be Approved."
        )
    definitions = found["InferenceSpecification"]["Containers"]
    if len(definitions) > 1:
        raise unsupported("An inference pipeline")
    environment = definitions[0].get("Environment", {}) | asked.get("Environment", {})
    packed = pick(definitions[0], "Image", "ModelDataUrl", "ModelDataSource", "AdditionalModelDataSources")
    return {**packed, **asked, "Environment": environment}


def package_arn(machine: Machine, given: str) -> str:
    """Callers may give an ARN, or name and version, `group/1`."""
    return given if given.startswith("arn:") else machine.names.arn("model-package", given)


def _check(asked: Record) -> None:
    for member in _NOT_HERE:
        if member in asked:
            raise unsupported(member)
    if asked.get("CertifyForMarketplace"):
        raise unsupported("CertifyForMarketplace")
    if "Tags" in asked:
        raise invalid("Tags cannot be given for a model package in a group; it has those of its group.")
    if "InferenceSpecification" not in asked:
        raise unsupported("A model package without InferenceSpecification")
    for container in asked["InferenceSpecification"]["Containers"]:
        if "Image" not in container:
            raise invalid("Image is required in a container definition.")


def _properties(found: Record, asked: Record) -> Record:
    gone = asked.get("CustomerMetadataPropertiesToRemove", [])
    properties = found.get("CustomerMetadataProperties", {}) | asked.get("CustomerMetadataProperties", {})
    kept = {key: value for key, value in properties.items() if key not in gone}
    if len(kept) > _MOST_PROPERTIES:
        raise invalid(f"The number of customer metadata properties exceeds the limit of {_MOST_PROPERTIES}.")
    return kept
