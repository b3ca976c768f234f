"""What the template tells each function, as one typed object that names the variable when something is wrong."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class SettingError(Exception):
    """An environment variable is missing or malformed; the message names it."""


@dataclass(frozen=True)
class TrainSettings:
    stack_name: str
    bucket: str
    topic_arn: str
    aws_region: str
    sagemaker_role_arn: str
    training_instance_type: str
    training_volume_gb: int
    training_max_runtime_seconds: int
    spot_training: bool
    training_options: dict[str, str]


@dataclass(frozen=True)
class DeploySettings:
    stack_name: str
    bucket: str
    topic_arn: str
    aws_region: str
    sagemaker_role_arn: str
    queue_url: str
    backfills_queue_url: str
    poll_seconds: int
    approval: str
    endpoint_name: str
    endpoint_type: str
    serving_instance_type: str
    serving_instance_count: int
    serverless_memory_mb: int
    serverless_max_concurrency: int
    traffic_shift: str
    rollout_bake_seconds: int
    rollback_alarms: list[str]


@dataclass(frozen=True)
class ScoreSettings:
    bucket: str
    decisions_table: str
    history_table: str
    lists_table: str
    stack_key_arn: str
    retention_days: int
    score_budget_ms: int


@dataclass(frozen=True)
class BulkSettings(ScoreSettings):
    topic_arn: str
    queue_url: str
    poll_seconds: int


@dataclass(frozen=True)
class LabelSettings:
    bucket: str
    topic_arn: str
    decisions_table: str
    history_table: str
    queue_url: str


@dataclass(frozen=True)
class RulesSettings:
    bucket: str
    topic_arn: str


@dataclass(frozen=True)
class ListsSettings:
    bucket: str
    lists_table: str
    stack_key_arn: str


@dataclass(frozen=True)
class BackfillSettings:
    bucket: str
    history_table: str
    queue_url: str
    stack_key_arn: str


@dataclass(frozen=True)
class ForgetSettings:
    bucket: str
    decisions_table: str
    history_table: str
    lists_table: str
    stack_key_arn: str


@dataclass(frozen=True)
class ArchiveSettings:
    delivery_stream: str


@dataclass(frozen=True)
class MonitorSettings:
    stack_name: str
    bucket: str
    topic_arn: str
    queue_url: str
    endpoint_name: str
    endpoint_type: str
    serving_instance_type: str
    serving_instance_count: int
    serving_instance_price: float
    kept_models: int
    lost_after_seconds: int


@dataclass(frozen=True)
class TeardownSettings:
    stack_name: str
    endpoint_name: str


def load[S: DataclassInstance](kind: type[S], environment: Mapping[str, str] | None = None) -> S:
    """The settings of one function: its field `bucket` is the variable BUCKET."""
    environment = os.environ if environment is None else environment
    types = get_type_hints(kind)
    values = {
        field.name: _read(environment, field.name.upper(), types[field.name]) for field in dataclasses.fields(kind)
    }
    return kind(**values)


def _read(environment: Mapping[str, str], name: str, kind: Any) -> Any:
    text = environment.get(name)
    if text is None:
        raise SettingError(f"{name} is not set")
    if kind is bool:
        if text not in ("true", "false"):
            raise SettingError(f"{name} must be true or false")
        return text == "true"
    if kind is int:
        if not text.isdecimal():
            raise SettingError(f"{name} must be a whole number")
        return int(text)
    if kind == list[str]:
        return [item for item in text.split(",") if item]
    if kind is float:
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            raise SettingError(f"{name} must be a number")
        return float(text)
    if kind is str:
        if not text:
            raise SettingError(f"{name} is empty")
        return text
    return _pairs(name, text)


def _pairs(name: str, text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if not all(key and value for key, _, value in pairs):
        raise SettingError(f"{name} must be name=value pairs with commas between them")
    return {key: value for key, _, value in pairs}
