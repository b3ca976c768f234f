"""InvokeEndpoint: from the caller to a healthy instance and back, with the runtime API's own errors."""

import asyncio
import json
from collections.abc import Mapping

from local.sagemaker.caller import Caller
from local.sagemaker.errors import ApiError
from local.sagemaker.machine import Machine
from local.sagemaker.serving.connection import Answer, ConnectionLostError
from local.sagemaker.serving.deployment import Deployments
from local.sagemaker.serving.fleet import LOG_GROUP, Variant

BODY_LIMIT = 6_291_456
SERVERLESS_BODY_LIMIT = 4 * 1024 * 1024
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.05
_PASSED_ON = {
    "content-type": "Content-Type",
    "accept": "Accept",
    "x-amzn-sagemaker-custom-attributes": "X-Amzn-SageMaker-Custom-Attributes",
    "x-amzn-sagemaker-inference-id": "X-Amzn-SageMaker-Inference-Id",
}
_NOT_HERE = (
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-session-id",
)
_LENGTHS = {
    "x-amzn-sagemaker-custom-attributes": (0, 1024),
    "x-amzn-sagemaker-inference-id": (1, 64),
    "content-type": (0, 1024),
    "accept": (0, 1024),
}

Response = tuple[int, dict[str, str], bytes]


class Invocations:
    def __init__(self, machine: Machine, deployments: Deployments) -> None:
        self._machine = machine
        self._traffic = deployments.traffic

    async def invoke(self, name: str, headers: Mapping[str, str], body: bytes, caller: Caller) -> Response:
        machine = self._machine
        caller.authorise("InvokeEndpoint", machine.names.arn("endpoint", name), machine.endpoints.get(name))
        _check(headers, body)
        try:
            variant, answer = await self._answer(name, headers, body)
        except TimeoutError:
            raise self._model_error(
                name,
                0,
                "Your invocation timed out while waiting for a response from container primary. Review the latency "
                "metrics for each container in Amazon CloudWatch, resolve the issue, and try again.",
            ) from None
        if answer.status >= 400:
            raise self._model_error(name, answer.status, answer.body.decode("utf-8", "replace"))
        back = {"x-Amzn-Invoked-Production-Variant": variant.name}
        for header in ("content-type", "x-amzn-sagemaker-custom-attributes"):
            if header in answer.headers:
                back[_PASSED_ON[header]] = answer.headers[header]
        return 200, back, answer.body

    async def _answer(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[Variant, Answer]:
        """A container that dies under a request is no reason to fail it: another or the next one answers."""
        passed = {theirs: headers[ours] for ours, theirs in _PASSED_ON.items() if ours in headers}
        loop = asyncio.get_running_loop()
        recovered = loop.time() + self._machine.settings.recovery_wait_seconds
        answered = loop.time() + self._machine.settings.invocation_seconds
        attempts = 0
        while attempts < _ATTEMPTS and loop.time() < recovered:
            variant = self._variant(name, headers, body)
            instance = variant.least_busy()
            if instance is None:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            attempts += 1
            instance.in_flight += 1
            try:
                async with asyncio.timeout_at(answered):
                    return variant, await instance.exchange(passed, body)
            except ConnectionLostError:
                await asyncio.sleep(_PAUSE_SECONDS)
            except TimeoutError:
                instance.give_up()
                raise
            finally:
                instance.in_flight -= 1
        raise ApiError("ServiceUnavailable", "No container of the endpoint is up; it is being started again.", 503)

    def _variant(self, name: str, headers: Mapping[str, str], body: bytes) -> Variant:
        fleet = self._traffic.choose(name)
        if fleet is None:
            raise ApiError("ValidationError", f"Endpoint {name} of account {self._machine.names.account} not found.")
        target = headers.get("x-amzn-sagemaker-target-variant")
        variant = fleet.choose(target)
        if variant is None:
            raise ApiError("ValidationError", f"Variant {target} of endpoint {name} not found.")
        serverless = variant.settings.get("ServerlessConfig")
        if serverless and len(body) > SERVERLESS_BODY_LIMIT:
            raise _too_long("body", SERVERLESS_BODY_LIMIT)
        if serverless and variant.in_flight >= serverless["MaxConcurrency"]:
            raise ApiError("ThrottlingException", "Rate exceeded", 429)
        return variant

    def _model_error(self, name: str, status: int, message: str) -> ApiError:
        names, group = self._machine.names, LOG_GROUP.format(endpoint=name)
        side = "client" if 400 <= status < 500 else "server"
        console = f"https://{names.region}.console.aws.amazon.com/cloudwatch/home?region={names.region}"
        error = ApiError(
            "ModelError",
            f'Received {side} error ({status}) from primary with message "{message}". See {console}#logEventViewer:'
            f"group={group} in account {names.account} for more information.",
            424,
        )
        error.members = {
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": names.log_group_arn(group),
        }
        return error


def failure(error: ApiError) -> Response:
    """An error as the runtime API, which is REST, sends it."""
    members = {"Message": error.message, **error.members}
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(members).encode()


def _check(headers: Mapping[str, str], body: bytes) -> None:
    if len(body) > BODY_LIMIT:
        raise _too_long("body", BODY_LIMIT)
    for header in _NOT_HERE:
        if header in headers:
            raise ApiError("ValidationError", f"{header} is not supported by the SageMaker of this machine.")
    for header, (shortest, longest) in _LENGTHS.items():
        value = headers.get(header)
        if value is not None and not (shortest <= len(value) <= longest and value.isascii()):
            raise _too_long(header, longest)


def _too_long(what: str, limit: int) -> ApiError:
    return ApiError(
        "ValidationError",
        f"1 validation error detected: Value at '{what}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {limit}",
    )
