"""A deployed stack as its clients reach it: addresses, key, AWS clients."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.home import read_json, write_json

REGION = "us-east-1"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
CONFIG = Config(retries={"max_attempts": 3, "mode": "standard"}, s3={"addressing_style": "path"})


@cache
def client(endpoint_url: str, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service, endpoint_url=endpoint_url, region_name=REGION, config=CONFIG, **CREDENTIALS
    )


@dataclass(frozen=True)
class Stack:
    endpoint_url: str
    region: str
    bucket: str
    api_url: str
    api_key: str
    endpoint_name: str
    stack_name: str

    def client(self, service: str) -> Any:
        return client(self.endpoint_url, service)

    def write(self, path: Path) -> None:
        write_json(path, asdict(self))


def read(path: Path) -> Stack | None:
    content = read_json(path)
    return Stack(**content) if content else None


def outputs(endpoint_url: str, stack_name: str) -> dict[str, str]:
    described = client(endpoint_url, "cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def of(endpoint_url: str, stack_name: str) -> Stack:
    """The stack as CloudFormation describes it. Its REST API answers by path, so no host name needs to resolve."""
    found = outputs(endpoint_url, stack_name)
    key = client(endpoint_url, "apigateway").get_api_key(apiKey=found["ApiKeyId"], includeValue=True)["value"]
    stage = found["ApiUrl"].rstrip("/").rpartition("/")[2]
    return Stack(
        endpoint_url=endpoint_url,
        region=REGION,
        bucket=found["BucketName"],
        api_url=f"{endpoint_url}/_aws/execute-api/{found['ApiId']}/{stage}",
        api_key=key,
        endpoint_name=found["EndpointName"],
        stack_name=stack_name,
    )
