"""Removes endpoints with their logs, configurations, models and packages, and stops training. May be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from functions.aws import errors, names
from functions.deploy.endpoint import BUSY
from functions.settings import TeardownSettings

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient

POLL_SECONDS = 5.0


class StillBusyError(Exception):
    """The endpoint could not be deleted in the time there was."""


@dataclass(frozen=True)
class Removal:
    sagemaker: SageMakerClient
    logs: CloudWatchLogsClient
    settings: TeardownSettings
    pause: Callable[[float], None]
    seconds_left: Callable[[], float]
    logger: Logger

    def run(self) -> None:
        jobs = self._pages("list_training_jobs", "TrainingJobSummaries", StatusEquals="InProgress")
        for name in self._own(jobs, "TrainingJobName", "TrainingJobArn"):
            self._try("Training job stopped", name, partial(self.sagemaker.stop_training_job, TrainingJobName=name))
        endpoints = self.settings.endpoint_name, names.candidate(self.settings.stack_name)
        for name in endpoints:
            self._remove_endpoint(name)
        configs = self._pages("list_endpoint_configs", "EndpointConfigs")
        for name in self._own(configs, "EndpointConfigName", "EndpointConfigArn"):
            delete = partial(self.sagemaker.delete_endpoint_config, EndpointConfigName=name)
            self._try("Endpoint configuration removed", name, delete)
        for name in self._own(self._pages("list_models", "Models"), "ModelName", "ModelArn"):
            self._try("Model removed", name, partial(self.sagemaker.delete_model, ModelName=name))
        self._remove_registry()
        # SageMaker made them without an end to their retention. That of training jobs is shared with others, and stays.
        for group in (f"/aws/sagemaker/Endpoints/{name}" for name in endpoints):
            self._try("Log of an endpoint removed", group, partial(self.logs.delete_log_group, logGroupName=group))

    def _try(self, done: str, name: str, call: Callable[[], object]) -> None:
        try:
            call()
        except ClientError as error:
            if not errors.is_missing(error):
                raise
        self.logger.info(done, extra={"resource": name})

    def _remove_endpoint(self, name: str) -> None:
        """Deleting is refused while an update runs, so that is waited for; then the endpoint's end."""
        while (status := self._status(name)) is not None:
            if self.seconds_left() < 2 * POLL_SECONDS:
                raise StillBusyError(f"endpoint {name} is still {status}; delete the stack again when that has ended")
            if status not in BUSY:
                delete = partial(self.sagemaker.delete_endpoint, EndpointName=name)
                self._try("Endpoint is being deleted", name, delete)
            self.pause(POLL_SECONDS)

    def _remove_registry(self) -> None:
        """A group goes when it is empty. One that does not carry our tag stays, with all that is in it."""
        group = self.settings.stack_name
        try:
            arn = self.sagemaker.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]
        except ClientError as error:
            if errors.is_missing(error):
                return
            raise
        if not names.carries_tag(cast("Any", self.sagemaker.list_tags(ResourceArn=arn)["Tags"]), group):
            return
        pages = list(self.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group))
        for package in (found for page in pages for found in page["ModelPackageSummaryList"]):
            name = package["ModelPackageArn"]
            delete = partial(self.sagemaker.delete_model_package, ModelPackageName=name)
            self._try("Model package removed", name, delete)
        delete_group = partial(self.sagemaker.delete_model_package_group, ModelPackageGroupName=group)
        self._try("Model package group removed", group, delete_group)

    def _status(self, name: str) -> str | None:
        try:
            return self.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]
        except ClientError as error:
            if errors.is_missing(error):
                return None
            raise

    def _pages(self, operation: str, key: str, **filters: str) -> Iterable[dict[str, Any]]:
        paginator = self.sagemaker.get_paginator(cast("Any", operation))
        for page in paginator.paginate(NameContains=f"{self.settings.stack_name}-", **filters):
            yield from cast("Any", page)[key]

    def _own(self, found: Iterable[dict[str, Any]], name: str, arn: str) -> list[str]:
        """By name and by tag: other stacks of the account may have names that begin like ours."""
        stack = self.settings.stack_name
        return [
            item[name]
            for item in list(found)
            if names.is_job(stack, item[name])
            and names.carries_tag(cast("Any", self.sagemaker.list_tags(ResourceArn=item[arn])["Tags"]), stack)
        ]
