"""Clients of AWS: each is of a service that exists, and only those that some function calls are known."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from botocore.loaders import Loader

from functions.aws import clients

MAKERS = {
    name: made for name, made in vars(clients).items() if hasattr(made, "cache_info") and not name.startswith("_")
}


def make(maker: Callable[..., Any]) -> Any:
    """Not from the cache: other tests of this process have their own region and endpoint."""
    return maker.__wrapped__(*[1] * len(inspect.signature(maker).parameters))


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize("name", MAKERS)
def test_a_client_can_be_made(name: str) -> None:
    assert make(MAKERS[name]).meta.region_name == "us-east-1"


def test_no_more_services_are_known_than_are_called() -> None:
    called = {make(maker).meta.service_model.service_name for maker in MAKERS.values()}
    assert set(clients.SERVICES) == called <= set(Loader().list_available_services("service-2"))
