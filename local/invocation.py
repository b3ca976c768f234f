"""The functions' environment as the deployed stack has it, for `sam local invoke --env-vars`.

A function in Docker reaches this machine as host.docker.internal, not as 127.0.0.1.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.home import write_json
from local.stack import Stack


def write_environment(stack: Stack, path: Path) -> None:
    write_json(path, environment(stack))


def environment(stack: Stack) -> dict[str, Any]:
    """{logical id: {variable: value}}, for every function of the stack."""
    endpoint_url = f"http://host.docker.internal:{urlsplit(stack.endpoint_url).port}"
    found = stack.client("cloudformation").describe_stack_resources(StackName=stack.stack_name)["StackResources"]
    functions = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    return {
        logical_id: variables(stack, name) | {"AWS_ENDPOINT_URL": endpoint_url}
        for logical_id, name in functions.items()
    }


def variables(stack: Stack, function: str) -> dict[str, str]:
    configuration = stack.client("lambda").get_function_configuration(FunctionName=function)
    declared: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
    return declared
