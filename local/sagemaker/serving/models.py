"""CreateModel, DescribeModel, ListModels, DeleteModel."""

from typing import Any

from botocore.exceptions import ClientError

from local.sagemaker.caller import Caller
from local.sagemaker.errors import already_exists, invalid, not_found, unsupported
from local.sagemaker.listing import page, pick
from local.sagemaker.machine import Machine
from local.sagemaker.registry import packages
from local.sagemaker.state import Record
from local.sagemaker.training.channels import split

KIND = "model"


class Models:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def create(self, asked: Record, caller: Caller) -> Record:
        machine, name = self._machine, asked["ModelName"]
        arn = machine.names.arn("model", name)
        caller.create("CreateModel", arn, asked)
        container = self._container(asked, caller)
        role = asked.get("ExecutionRoleArn")
        if role is None:
            raise invalid("ExecutionRoleArn is required to create a model.")
        caller.pass_role(role)
        self._check_new(name, arn)
        caller.check_assumable(role)
        client = await machine.clients.get("s3", role)
        await machine.threads.run(_check_data, client, data_uri(container), role, machine.names.region)
        self._check_new(name, arn)
        model = {
            **{member: value for member, value in asked.items() if member != "Containers"},
            "PrimaryContainer": {"Mode": "SingleModel", **container},
            "ModelArn": arn,
            "CreationTime": machine.now(),
            "EnableNetworkIsolation": asked.get("EnableNetworkIsolation", False),
        }
        machine.models.put(name, model)
        return {"ModelArn": arn}

    async def describe(self, asked: Record, caller: Caller) -> Record:
        model = self._find("DescribeModel", asked, caller)
        return {member: value for member, value in model.items() if member != "Tags"}

    async def list(self, asked: Record, caller: Caller) -> Record:
        caller.authorise("ListModels", "*")
        return page(asked, self._machine.models.all(), name="ModelName", summary=_summary, answer="Models")

    async def delete(self, asked: Record, caller: Caller) -> Record:
        model = self._find("DeleteModel", asked, caller)
        self._machine.models.delete(model["ModelName"])
        return {}

    def _find(self, action: str, asked: Record, caller: Caller) -> Record:
        arn = self._machine.names.arn("model", asked["ModelName"])
        model = self._machine.models.get(asked["ModelName"])
        caller.authorise(action, arn, model)
        if model is None:
            raise not_found(KIND, arn)
        return model

    def _container(self, asked: Record, caller: Caller) -> Record:
        container = _only_container(asked)
        if "ModelPackageName" in container:
            container = packages.container_of(self._machine, container, caller)
        _check_container(container)
        return container

    def _check_new(self, name: str, arn: str) -> None:
        if self._machine.models.get(name):
            raise already_exists(KIND, arn)


def data_uri(container: Record) -> str:
    if "ModelDataUrl" in container:
        return str(container["ModelDataUrl"])
    return str(container["ModelDataSource"]["S3DataSource"]["S3Uri"])


def _only_container(asked: Record) -> Record:
    containers = [asked["PrimaryContainer"]] if "PrimaryContainer" in asked else asked.get("Containers", [])
    if not containers:
        raise invalid("You must specify either PrimaryContainer or Containers.")
    if len(containers) > 1 or "InferenceExecutionConfig" in asked:
        raise unsupported("An inference pipeline")
    only: Record = containers[0]
    return only


def _check_container(container: Record) -> None:
    for member in ("MultiModelConfig", "InferenceSpecificationName", "AdditionalModelDataSources"):
        if member in container:
            raise unsupported(f"{member} of a container")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise unsupported("Mode MultiModel")
    if "Image" not in container:
        raise invalid("Image is required in a container definition.")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source and (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise unsupported("A ModelDataSource other than one tar.gz object")
    if not source and "ModelDataUrl" not in container:
        raise unsupported("A container without ModelDataUrl")


def _check_data(client: Any, uri: str, role_arn: str, region: str) -> None:
    bucket, key = split(uri)
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket"):
            raise invalid(f"Could not find model data at {uri}.") from error
        raise invalid(
            f'Could not access model data at {uri}. Please ensure that the role "{role_arn}" exists and that its '
            'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {region}."
        ) from error


def _summary(model: Record) -> Record:
    return pick(model, "ModelName", "ModelArn", "CreationTime")
