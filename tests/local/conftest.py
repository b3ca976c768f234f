"""A server of its own for the tests of local/: real process, free port, temporary state."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local import control
from local.control import Server
from local.home import Home
from tests.ports import free_port

CONFIG = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


def eventually[T](what: str, probe: Callable[[], T | None], seconds: float = 30) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@dataclass(frozen=True)
class Host:
    """AWS on this machine as the root of its account sees it, with what tests need to build."""

    home: Home
    server: Server

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test"}
        return boto3.client(
            service,
            endpoint_url=self.server.url,
            region_name="us-east-1",
            config=CONFIG,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
        )

    def role(self, trusted: str, actions: list[str] | None = None, resource: str = "*") -> str:
        iam, name = self.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
        principal = {"Service": trusted} if "." in trusted else {"AWS": trusted}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        if actions:
            self.allow(arn, actions, resource)
        return str(arn)

    def allow(self, role_arn: str, actions: list[str], resource: str = "*", policy_name: str = "allowed") -> None:
        document = policy({"Effect": "Allow", "Action": actions, "Resource": resource})
        name = role_arn.rpartition("/")[2]
        self.client("iam").put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=document)

    def assume(self, role_arn: str) -> dict[str, str]:
        credentials = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="tests")["Credentials"]
        return dict(credentials)

    def bucket(self) -> str:
        name = f"bucket-{uuid.uuid4().hex[:8]}"
        self.client("s3").create_bucket(Bucket=name)
        return name

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}

    def function(self, source: str, **environment: str) -> str:
        name = f"function-{uuid.uuid4().hex[:8]}"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("app.py", source)
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="app.handler",
            Timeout=10,
            Role=self.role("lambda.amazonaws.com"),
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": environment},
        )
        return name


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def started(folder: Path) -> Host:
    home = Home(folder)
    return Host(home, control.start(home, free_port()))


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    running = started(tmp_path_factory.mktemp("aws"))
    yield running
    control.stop(running.home)


@pytest.fixture
def own_host(tmp_path: Path) -> Iterator[Host]:
    """A server that the test may stop or kill."""
    running = started(tmp_path / "aws")
    yield running
    control.stop(running.home)
