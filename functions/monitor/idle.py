"""An endpoint on instances costs the same whether or not anybody asks it: people are told when nobody has for a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from functions.aws import names
from functions.aws.announcements import Announcer
from functions.monitor import notices
from functions.monitor.look import Look
from functions.settings import MonitorSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

PERIOD = timedelta(hours=24)


@dataclass(frozen=True)
class Idle:
    cloudwatch: CloudWatchClient
    look: Look
    announcer: Announcer
    settings: MonitorSettings
    now: Callable[[], datetime]

    def tell(self) -> None:
        """Once a week for as long as it lasts. A serverless endpoint costs nothing while nobody asks."""
        endpoint = self.look.endpoint()
        if endpoint is None or endpoint.status != "InService" or self.settings.endpoint_type == "serverless":
            return
        if self.now() - endpoint.changed < PERIOD or self._was_invoked():
            return
        self.announcer.announce(f"monitor/idle-{self.now():%G-W%V}", notices.idle(self.settings, endpoint.config))

    def _was_invoked(self) -> bool:
        found = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[
                {"Name": "EndpointName", "Value": self.look.name},
                {"Name": "VariantName", "Value": names.VARIANT},
            ],
            StartTime=self.now() - PERIOD,
            EndTime=self.now(),
            Period=3600,
            Statistics=["Sum"],
        )
        return any(point.get("Sum", 0) > 0 for point in found["Datapoints"])
