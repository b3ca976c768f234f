"""The numbers of this machine's SageMaker; LOCAL_SAGEMAKER_JOBS_AT_ONCE and its like change them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "LOCAL_SAGEMAKER_"


@dataclass(frozen=True)
class Settings:
    jobs_at_once: int = 2  # further jobs wait as InProgress/Pending
    job_limit: int = 100  # unfinished jobs an account may have before ResourceLimitExceeded
    endpoint_instance_limit: int = 8
    stop_grace_seconds: float = 5.0  # 120 in AWS between the (unheard) SIGTERM and SIGKILL
    health_check_seconds: float = 60.0  # cap on ContainerStartupHealthCheckTimeoutInSeconds
    starts_before_giving_up: int = 3  # a container that exits this often while starting is not waited for any longer
    restart_pause_seconds: float = 0.2  # doubles up to ten seconds while a container keeps dying
    invocation_seconds: float = 60.0
    recovery_wait_seconds: float = 15.0  # how long an invocation waits for a container that is being restarted
    drain_seconds: float = 60.0
    longest_bake_seconds: float = 15.0  # cap on each of a deployment's waits, which may last an hour
    alarm_pause_seconds: float = 0.5  # between two looks at the alarms that watch a deployment
    event_delay_seconds: float = 0.3  # each copy of an event is late by up to this much

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        given: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            text = environment.get(PREFIX + field.name.upper())
            if text is not None:
                given[field.name] = int(text) if field.type is int else float(text)
        return cls(**given)
