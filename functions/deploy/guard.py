"""What an endpoint cannot be updated to. AWS refuses it however often it is asked, so it is explained instead."""

from __future__ import annotations

from typing import Any

from functions.aws import names
from functions.deploy.endpoint import Endpoint
from functions.settings import DeploySettings


def obstacle(endpoint: Endpoint, settings: DeploySettings, has_config: bool) -> str | None:
    """`has_config`: whether the configuration that the endpoint runs on can still be read."""
    if settings.endpoint_type == "serverless" and not endpoint.serverless:
        return "it runs on instances, and AWS lets no such endpoint turn serverless (EndpointType)"
    if endpoint.variants != (names.VARIANT,):
        called = ", ".join(endpoint.variants) or "none"
        return f"its production variants are {called}; an update keeps their names, and this stack's is {names.VARIANT}"
    if not has_config:
        return f"its endpoint configuration {endpoint.config} was deleted, and without it there is no way back"
    return None


def turns_serverless(endpoint: Endpoint, config: dict[str, Any]) -> bool:
    return not endpoint.serverless and any("ServerlessConfig" in variant for variant in config["ProductionVariants"])
