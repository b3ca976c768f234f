"""The door: every `SageMaker.` target and every invocation is checked, dispatched and answered here, as AWS does."""

import json
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from botocore.model import ServiceModel

from local.sagemaker.caller import Caller
from local.sagemaker.clients import service_models
from local.sagemaker.errors import ApiError, unknown_operation
from local.sagemaker.machine import Machine
from local.sagemaker.names import Names
from local.sagemaker.ports import AccessDeniedError, Ports
from local.sagemaker.registry.groups import ModelPackageGroups
from local.sagemaker.registry.packages import ModelPackages
from local.sagemaker.serving import invoke
from local.sagemaker.serving.configs import EndpointConfigs
from local.sagemaker.serving.deployment import Deployments
from local.sagemaker.serving.endpoints import Endpoints
from local.sagemaker.serving.invoke import Invocations
from local.sagemaker.serving.models import Models
from local.sagemaker.settings import Settings
from local.sagemaker.state import Record
from local.sagemaker.tags import Tags
from local.sagemaker.training.jobs import TrainingJobs
from local.sagemaker.validation import Validator

TARGET = "SageMaker."
JSON = "application/x-amz-json-1.1"

Operation = Callable[[Record, Caller], Awaitable[Record]]
Response = tuple[int, dict[str, str], bytes]

log = logging.getLogger(__name__)


class SageMaker:
    def __init__(
        self,
        ports: Ports,
        state_dir: Path,
        python: Path,
        region: str,
        account: str,
        settings: Settings | None = None,
    ) -> None:
        settings = settings or Settings.from_environment(os.environ)
        # The interpreter is not resolved: following a virtual environment's link would leave the environment.
        self._machine = Machine.build(ports, state_dir.resolve(), python.absolute(), Names(region, account), settings)
        self._validator = Validator(ServiceModel(service_models().load_service_model("sagemaker", "service-2")))
        self._jobs = TrainingJobs(self._machine)
        self._deployments = Deployments(self._machine)
        self._invocations = Invocations(self._machine, self._deployments)
        self._operations = self._table()

    async def start(self) -> None:
        """Take up what a predecessor left; call it when the stack answers."""
        await self._machine.threads.run(self._machine.processes.kill_orphans)
        self._jobs.resume()
        self._deployments.resume()

    async def stop(self) -> None:
        """End every process; the records are on disk already."""
        await self._jobs.close()
        await self._deployments.close()
        # Whatever was in the middle of starting, no process is left behind.
        await self._machine.threads.run(self._machine.processes.kill_orphans)
        self._machine.events.flush()
        self._machine.threads.close()

    async def handle(
        self, _method: str, path: str, headers: Mapping[str, str], body: bytes, _query: Mapping[str, Any]
    ) -> Response:
        lower = {name.lower(): value for name, value in headers.items()}
        caller = Caller(headers, self._machine.ports)
        parts = path.strip("/").split("/")
        runtime = len(parts) == 3 and (parts[0], parts[2]) == ("endpoints", "invocations")
        try:
            if runtime:
                status, answer_headers, answer = await self._invocations.invoke(unquote(parts[1]), lower, body, caller)
            else:
                status, answer_headers, answer = await self._operate(lower.get("x-amz-target", ""), body, caller)
        except ApiError as error:
            status, answer_headers, answer = invoke.failure(error) if runtime else _failure(error)
        except AccessDeniedError as denied:
            refusal = ApiError("AccessDeniedException", str(denied), 403 if runtime else 400)
            status, answer_headers, answer = invoke.failure(refusal) if runtime else _failure(refusal)
        answer_headers["x-amzn-RequestId"] = secrets.token_hex(16)
        return status, answer_headers, answer

    async def _operate(self, target: str, body: bytes, caller: Caller) -> Response:
        name = target.removeprefix(TARGET)
        operation = self._operations.get(name)
        if operation is None:
            raise unknown_operation()
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            raise ApiError("SerializationException", "The request body is not JSON") from None
        self._validator.check(name, asked)
        asked = {member: value for member, value in asked.items() if value is not None}
        answer = await operation(asked, caller)
        return 200, {"Content-Type": JSON}, json.dumps(answer).encode()

    def _table(self) -> dict[str, Operation]:
        machine = self._machine
        models, configs = Models(machine), EndpointConfigs(machine)
        endpoints, tags = Endpoints(machine, self._deployments), Tags(machine)
        groups, packages = ModelPackageGroups(machine), ModelPackages(machine)
        return {
            "CreateTrainingJob": self._jobs.create,
            "DescribeTrainingJob": self._jobs.describe,
            "ListTrainingJobs": self._jobs.list,
            "StopTrainingJob": self._jobs.stop,
            "CreateModel": models.create,
            "DescribeModel": models.describe,
            "ListModels": models.list,
            "DeleteModel": models.delete,
            "CreateEndpointConfig": configs.create,
            "DescribeEndpointConfig": configs.describe,
            "ListEndpointConfigs": configs.list,
            "DeleteEndpointConfig": configs.delete,
            "CreateEndpoint": endpoints.create,
            "UpdateEndpoint": endpoints.update,
            "DescribeEndpoint": endpoints.describe,
            "ListEndpoints": endpoints.list,
            "DeleteEndpoint": endpoints.delete,
            "CreateModelPackageGroup": groups.create,
            "DescribeModelPackageGroup": groups.describe,
            "ListModelPackageGroups": groups.list,
            "DeleteModelPackageGroup": groups.delete,
            "CreateModelPackage": packages.create,
            "DescribeModelPackage": packages.describe,
            "UpdateModelPackage": packages.update,
            "ListModelPackages": packages.list,
            "DeleteModelPackage": packages.delete,
            "AddTags": tags.add,
            "ListTags": tags.list,
            "DeleteTags": tags.delete,
        }


def _failure(error: ApiError) -> Response:
    content = {"__type": error.code, **({"message": error.message} if error.message else {})}
    headers = {"Content-Type": JSON, "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(content).encode()
