"""The endpoint, its configurations and models: looked at, made if missing, removed after a failed creation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors, guardrails, requests
from functions.deploy.job import TrainedJob
from functions.settings import DeploySettings

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sagemaker import SageMakerClient

BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True)
class Endpoint:
    status: str
    config: str
    pending_config: str | None
    failure_reason: str
    variants: tuple[str, ...] = ()
    serverless: bool = False
    instances: int = 0  # as many as are wanted now, by the template or by auto scaling
    created: datetime | None = None

    @property
    def busy(self) -> bool:
        return self.status in BUSY

    @property
    def in_service(self) -> bool:
        return self.status == "InService"

    @property
    def answers(self) -> bool:
        """While it is being updated or rolled back the old model goes on answering."""
        return self.status in ("InService", "Updating", "SystemUpdating", "RollingBack")

    @property
    def failed(self) -> bool:
        return self.status == "Failed"

    def is_turning_to(self, config: str) -> bool:
        return self.pending_config == config or (self.status == "Creating" and self.config == config)


@dataclass(frozen=True)
class Hosting:
    sagemaker: SageMakerClient
    cloudwatch: CloudWatchClient
    settings: DeploySettings

    def endpoint(self) -> Endpoint | None:
        return self.look(self.settings.endpoint_name)

    def look(self, name: str) -> Endpoint | None:
        found = _described(lambda: self.sagemaker.describe_endpoint(EndpointName=name))
        if found is None:
            return None
        variants = found.get("ProductionVariants", [])
        return Endpoint(
            status=found["EndpointStatus"],
            config=found["EndpointConfigName"],
            pending_config=found.get("PendingDeploymentSummary", {}).get("EndpointConfigName"),
            failure_reason=found.get("FailureReason", ""),
            variants=tuple(variant["VariantName"] for variant in variants),
            serverless=any("CurrentServerlessConfig" in variant for variant in variants),
            instances=sum(variant.get("DesiredInstanceCount", 0) for variant in variants),
            created=found["CreationTime"],
        )

    def prepare(self, job: TrainedJob) -> bool:
        """Makes model and configuration. False: the configuration cannot be read yet, so it cannot be used yet."""
        model: dict[str, Any] = requests.model(self.settings, job.name, job.artefact_uri)
        config: dict[str, Any] = requests.endpoint_config(self.settings, job.name)
        _made(lambda: self.sagemaker.create_model(**model), lambda: self._model(job.name))
        _made(lambda: self.sagemaker.create_endpoint_config(**config), lambda: self.config(job.name))
        return self.config(job.name) is not None

    def create(self, name: str, config: str) -> None:
        created: dict[str, Any] = requests.endpoint(self.settings, name, config)
        self.sagemaker.create_endpoint(**created)

    def turn(self, endpoint: Endpoint, wanted: str, serving: dict[str, Any]) -> None:
        """Updates the endpoint to the wanted configuration; `serving` is the one that it runs on."""
        guarded = self.settings.endpoint_type == "instance" and not endpoint.serverless
        fleet = guardrails.Fleet(endpoint.instances, _initial_count(serving), self._quiet_alarms()) if guarded else None
        updated: dict[str, Any] = guardrails.endpoint_update(self.settings, wanted, fleet)
        self.sagemaker.update_endpoint(**updated)

    def config(self, name: str) -> dict[str, Any] | None:
        return _described(lambda: self.sagemaker.describe_endpoint_config(EndpointConfigName=name))

    def delete_endpoint(self, name: str) -> None:
        _gone(lambda: self.sagemaker.delete_endpoint(EndpointName=name))

    def remove_failed(self, job: TrainedJob) -> None:
        """After a failed creation: the next deployment finds nothing in its way."""
        endpoint = self.endpoint()
        if endpoint is not None and endpoint.config == job.name:
            if endpoint.failed:
                self.delete_endpoint(self.settings.endpoint_name)
            elif endpoint.status != "Deleting":
                return  # what an endpoint uses stays
        _gone(lambda: self.sagemaker.delete_endpoint_config(EndpointConfigName=job.name))
        _gone(lambda: self.sagemaker.delete_model(ModelName=job.name))

    def _model(self, name: str) -> dict[str, Any] | None:
        return _described(lambda: self.sagemaker.describe_model(ModelName=name))

    def _quiet_alarms(self) -> list[str]:
        """One that rings already is about the old fleet, and would turn every new model away, the cure too."""
        names = self.settings.rollback_alarms
        found = self.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] if names else []
        return [alarm["AlarmName"] for alarm in found if alarm["StateValue"] != "ALARM"]


def _initial_count(config: dict[str, Any]) -> int:
    return sum(variant.get("InitialInstanceCount", 0) for variant in config["ProductionVariants"])


def _described(describe: Callable[[], Any]) -> dict[str, Any] | None:
    try:
        return dict(describe())
    except ClientError as error:
        if errors.is_missing(error):
            return None
        raise


def _made(create: Callable[[], object], describe: Callable[[], object | None]) -> None:
    """Already existing is as good as made; a look at it tells that error from others with the same code."""
    try:
        create()
    except ClientError as error:
        if errors.code(error) != "ValidationException" or describe() is None:
            raise


def _gone(delete: Callable[[], object]) -> None:
    try:
        delete()
    except ClientError as error:
        if not errors.is_missing(error):
            raise
