"""CreateModelPackageGroup, DescribeModelPackageGroup, ListModelPackageGroups, DeleteModelPackageGroup."""

from local.sagemaker.caller import Caller
from local.sagemaker.errors import conflict, does_not_exist, group_exists, unsupported
from local.sagemaker.listing import page, pick
from local.sagemaker.machine import Machine
from local.sagemaker.state import Record

_OWN = ("Tags", "LastVersion")  # members of the record that no caller sees


class ModelPackageGroups:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def create(self, asked: Record, caller: Caller) -> Record:
        machine, name = self._machine, asked["ModelPackageGroupName"]
        arn = group_arn(machine, name)
        caller.create("CreateModelPackageGroup", arn, asked)
        if "ManagedConfiguration" in asked:
            raise unsupported("ManagedConfiguration")
        if find(machine, name):
            raise group_exists(arn)
        group = {
            **asked,
            "ModelPackageGroupArn": arn,
            "CreationTime": machine.now(),
            "CreatedBy": {},
            "ModelPackageGroupStatus": "Completed",
            "LastVersion": 0,
        }
        machine.package_groups.put(name, group)
        return {"ModelPackageGroupArn": arn}

    async def describe(self, asked: Record, caller: Caller) -> Record:
        group = self._find("DescribeModelPackageGroup", asked, caller)
        return {member: value for member, value in group.items() if member not in _OWN}

    async def list(self, asked: Record, caller: Caller) -> Record:
        caller.authorise("ListModelPackageGroups", "*")
        shared = asked.get("CrossAccountFilterOption") == "CrossAccount"  # nobody shares anything with this machine
        return page(
            asked,
            [] if shared else self._machine.package_groups.all(),
            name="ModelPackageGroupName",
            default_order="Ascending",
            summary=_summary,
            answer="ModelPackageGroupSummaryList",
        )

    async def delete(self, asked: Record, caller: Caller) -> Record:
        group = self._find("DeleteModelPackageGroup", asked, caller)
        name = group["ModelPackageGroupName"]
        if any(package["ModelPackageGroupName"] == name for package in self._machine.packages.all()):
            raise conflict(f"ModelPackageGroup {group['ModelPackageGroupArn']} still contains model packages.")
        self._machine.package_groups.delete(name)
        return {}

    def _find(self, action: str, asked: Record, caller: Caller) -> Record:
        given = asked["ModelPackageGroupName"]
        group = find(self._machine, given)
        caller.authorise(action, group_arn(self._machine, given), group)
        if group is None:
            raise does_not_exist("ModelPackageGroup", group_arn(self._machine, given))
        return group


def group_arn(machine: Machine, given: str) -> str:
    """Callers may give an ARN wherever a name will do."""
    return given if given.startswith("arn:") else machine.names.arn("model-package-group", given)


def find(machine: Machine, given: str) -> Record | None:
    arn = group_arn(machine, given)
    return next((group for group in machine.package_groups.all() if group["ModelPackageGroupArn"] == arn), None)


def _summary(group: Record) -> Record:
    return pick(
        group,
        "ModelPackageGroupName",
        "ModelPackageGroupArn",
        "ModelPackageGroupDescription",
        "CreationTime",
        "ModelPackageGroupStatus",
    )
