"""Models and endpoint configurations that nothing needs any more are removed; packages and artefacts stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from functions.aws import errors, names, serving
from functions.monitor.look import Look
from functions.monitor.records import Records

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_sagemaker import SageMakerClient

MOST_LISTED = 200
MOST_REMOVED = 20  # in one run; the next goes on


@dataclass(frozen=True)
class Made:
    """A model of which SageMaker holds an endpoint configuration, a model, or both."""

    name: str
    created: datetime
    is_settled: bool  # no deployment of it has anything left to do
    was_live: bool


def removable(made: Iterable[Made], in_use: frozenset[str], keep: int) -> list[str]:
    """All but what is in use or on its way, and the youngest `keep` of those that have served."""
    youngest = sorted(made, key=lambda one: (one.created, one.name), reverse=True)
    kept = {one.name for one in [one for one in youngest if one.was_live][:keep]} | in_use
    return [one.name for one in reversed(youngest) if one.is_settled and one.name not in kept]


@dataclass(frozen=True)
class Cleaning:
    sagemaker: SageMakerClient
    look: Look
    records: Records
    stack: str
    keep: int
    count: Callable[[str], None]
    logger: Logger

    def clean(self) -> None:
        created = self._created()
        made = [self._made(name, moment) for name, moment in created.items()]
        for name in removable(made, self._in_use(), self.keep)[:MOST_REMOVED]:
            # Looked at once more, as late as can be: somebody may have approved it a moment ago.
            if name not in self._in_use() and self._made(name, created[name]).is_settled:
                self._remove(name)

    def _created(self) -> dict[str, datetime]:
        configs = self._listed("list_endpoint_configs", "EndpointConfigs", "EndpointConfig")
        models = self._listed("list_models", "Models", "Model")
        return models | configs

    def _made(self, name: str, created: datetime) -> Made:
        ends = self.records.deployments(name).values()
        return Made(name, created, all(ends), any("live" in states for states in ends))

    def _in_use(self) -> frozenset[str]:
        """By the endpoint, by what scoring is told, and as the one to go back to."""
        endpoint = self.look.endpoint()
        live = self.records.read(serving.KEY)
        told = {live["model"], self.records.replaced_by(live["model"])} if live else set()
        return frozenset(name for name in told if name) | (endpoint.uses if endpoint else frozenset())

    def _remove(self, name: str) -> None:
        self._gone(partial(self.sagemaker.delete_endpoint_config, EndpointConfigName=name))
        self._gone(partial(self.sagemaker.delete_model, ModelName=name))
        self.count("ModelsRemoved")
        self.logger.info("Removed a model that nothing needs", extra={"model": name})

    def _gone(self, delete: Callable[[], object]) -> None:
        try:
            delete()
        except ClientError as error:
            if not errors.is_missing(error):
                raise

    def _listed(self, operation: str, key: str, kind: str) -> dict[str, datetime]:
        paginator = self.sagemaker.get_paginator(cast("Any", operation))
        pages = paginator.paginate(
            NameContains=f"{self.stack}-",
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"MaxItems": MOST_LISTED},
        )
        listed = [item for page in pages for item in cast("Any", page)[key]]
        return {
            item[f"{kind}Name"]: item["CreationTime"]
            for item in listed
            if names.is_job(self.stack, item[f"{kind}Name"]) and self._is_ours(item[f"{kind}Arn"])
        }

    def _is_ours(self, arn: str) -> bool:
        return names.carries_tag(cast("Any", self.sagemaker.list_tags(ResourceArn=arn)["Tags"]), self.stack)
