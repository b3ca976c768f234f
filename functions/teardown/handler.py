"""Lambda behind the custom resource Teardown: on deletion of the stack it removes what the functions made."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer
from botocore.exceptions import BotoCoreError, ClientError

from functions import settings
from functions.aws import clients
from functions.teardown import cloudformation
from functions.teardown.removal import Removal, StillBusyError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient

logger, tracer = Logger(), Tracer()
TIME_TO_ANSWER = 20.0  # seconds of the function's time that are kept for the answer


@dataclass(frozen=True)
class Ports:
    sagemaker: SageMakerClient
    logs: CloudWatchLogsClient
    settings: settings.TeardownSettings
    pause: Callable[[float], None]
    send: Callable[[str, dict[str, Any]], None]


@cache
def aws_ports() -> Ports:
    found = settings.load(settings.TeardownSettings)
    return Ports(clients.sagemaker(), clients.logs(), found, time.sleep, cloudformation.send)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext, *, ports: Ports | None = None) -> None:
    reason: str | None = "the function stopped before it was done; its log says why"
    try:
        if event["RequestType"] == "Delete":
            _remove(ports or aws_ports(), context)
        reason = None
    except (ClientError, BotoCoreError, StillBusyError) as error:
        reason = str(error)
        logger.exception("Not everything could be removed")
    finally:
        # Also when something unforeseen is on its way out of here.
        send = ports.send if ports else cloudformation.send
        send(event["ResponseURL"], cloudformation.answer(event, _physical_id(event), _detail(reason)))


def _remove(ports: Ports, context: LambdaContext) -> None:
    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - TIME_TO_ANSWER

    Removal(ports.sagemaker, ports.logs, ports.settings, ports.pause, seconds_left, logger).run()


def _physical_id(event: dict[str, Any]) -> str:
    """Never another one: CloudFormation takes a new id for a replacement and deletes the old."""
    return str(event.get("PhysicalResourceId") or "teardown")


def _detail(reason: str | None) -> str | None:
    unforeseen = sys.exception()
    return f"{type(unforeseen).__name__}: {reason}" if unforeseen is not None else reason
