"""boto3 clients into the stack under an execution role's own credentials, so that the role's policy is proved too."""

import time
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from local.sagemaker.ports import Ports
from local.sagemaker.threads import Threads

_FRESH_SECONDS = 900.0  # well within the hour that temporary credentials last


class Clients:
    def __init__(self, ports: Ports, region: str, threads: Threads) -> None:
        self._ports = ports
        self._region = region
        self._threads = threads
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}

    async def get(self, service: str, role_arn: str) -> Any:
        made, client = self._known.get((service, role_arn), (0.0, None))
        if client is None or time.monotonic() - made > _FRESH_SECONDS:
            credentials = dict(self._ports.role_credentials(role_arn))
            client = await self._threads.run(self._make, service, credentials)
            self._known[service, role_arn] = (time.monotonic(), client)
        return client

    def _make(self, service: str, credentials: dict[str, Any]) -> Any:
        core = botocore.session.Session()
        core.register_component("data_loader", service_models())
        session: Any = boto3.session.Session(
            botocore_session=core,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=self._region,
        )
        config = Config(
            proxies={},  # the stack is on this machine, whatever HTTP_PROXY says
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "max_attempts": 4},
            max_pool_connections=16,
        )
        return session.client(service, endpoint_url=self._ports.endpoint_url, config=config)


@cache
def service_models() -> Loader:
    """Reading the service models takes longer than all else about a client; they are the same for every role."""
    return create_loader(botocore.session.Session().get_config_variable("data_path"))
