"""A stack per test, a neighbour's S3 and Logs per session."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from moto.server import ThreadedMotoServer

from tests.local.sagemaker.stack import FAST, FakePorts, Stack
from tests.local.sagemaker.work import HANDLES, serve


@pytest.fixture(scope="session")
def neighbours() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def ports(neighbours: str) -> FakePorts:
    requests.post(f"{neighbours}/moto-api/reset", timeout=10).raise_for_status()
    return FakePorts(neighbours)


@pytest.fixture
def start(ports: FakePorts, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Start a stack on this test's state; the last one is closed at the end."""
    started: list[Stack] = []

    def begin(**settings: Any) -> Stack:
        from dataclasses import replace

        started.append(Stack(ports, tmp_path / "state", replace(FAST, **settings)))
        return started[-1]

    yield begin
    if started:
        started[-1].close()


@pytest.fixture
def stack(start: Callable[..., Stack]) -> Stack:
    return start()


@pytest.fixture
def bucket(ports: FakePorts, stack: Stack) -> str:
    name = f"bucket-{uuid4().hex}"
    stack.s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def handles(stack: Stack, bucket: str) -> Stack:
    """A stack with an endpoint whose answers tell what the container got."""
    assert serve(stack, bucket, {"code/inference.py": HANDLES})["EndpointStatus"] == "InService"
    return stack
