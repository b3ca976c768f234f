"""AddTags, ListTags, DeleteTags."""

from local.sagemaker.caller import Caller
from local.sagemaker.errors import invalid, no_such_resource
from local.sagemaker.machine import Machine
from local.sagemaker.state import Collection, Record

_LIMIT = 50


class Tags:
    def __init__(self, machine: Machine) -> None:
        # For each kind of resource: its records, and the members that hold its name and ARN.
        self._kinds: list[tuple[Collection, str, str]] = [
            (machine.jobs, "TrainingJobName", "TrainingJobArn"),
            (machine.models, "ModelName", "ModelArn"),
            (machine.configs, "EndpointConfigName", "EndpointConfigArn"),
            (machine.endpoints, "EndpointName", "EndpointArn"),
            (machine.package_groups, "ModelPackageGroupName", "ModelPackageGroupArn"),
            (machine.packages, "Key", "ModelPackageArn"),
        ]

    async def add(self, asked: Record, caller: Caller) -> Record:
        collection, name, record = self._find("AddTags", asked, caller)
        tags = {tag["Key"]: tag for tag in [*record.get("Tags", []), *asked["Tags"]]}
        if len(tags) > _LIMIT:
            raise invalid(f"The number of tags exceeds the limit of {_LIMIT} tags for a resource.")
        record["Tags"] = list(tags.values())
        collection.put(name, record)
        return {"Tags": record["Tags"]}

    async def list(self, asked: Record, caller: Caller) -> Record:
        _, _, record = self._find("ListTags", asked, caller)
        return {"Tags": record.get("Tags", [])}

    async def delete(self, asked: Record, caller: Caller) -> Record:
        collection, name, record = self._find("DeleteTags", asked, caller)
        record["Tags"] = [tag for tag in record.get("Tags", []) if tag["Key"] not in asked["TagKeys"]]
        collection.put(name, record)
        return {}

    def _find(self, action: str, asked: Record, caller: Caller) -> tuple[Collection, str, Record]:
        for collection, name, arn in self._kinds:
            for record in collection.all():
                if record[arn] == asked["ResourceArn"]:
                    caller.authorise(action, asked["ResourceArn"], record)
                    return collection, record[name], record
        caller.authorise(action, asked["ResourceArn"])
        raise no_such_resource()
