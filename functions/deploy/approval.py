"""Somebody approved a package: told by an event that may be old, early or doubled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

STAMP = "%Y%m%dT%H%M%S.%fZ"  # names the folder of an approval; sorts as time does


@dataclass(frozen=True)
class Approval:
    package: str
    at: datetime


def folder(at: datetime) -> str:
    """Of the approval's records, below the model's own."""
    return f"approvals/{at:{STAMP}}/"


def read(detail: dict[str, Any]) -> Approval | None:
    """None for every other change: a new package is told, too, and the job's own message sees to that."""
    if "ModelApprovalStatus" not in detail.get("UpdatedModelPackageFields", []):
        return None
    return Approval(detail["ModelPackageArn"], _moment(detail["LastModifiedTime"]))


def _moment(told: str | float) -> datetime:
    """SageMaker writes times as ISO 8601 in some events and as milliseconds in others. To the second, as the coarsest
    of them: whoever tells of an approval, it has one name."""
    text = str(told)
    if text.replace(".", "", 1).isdecimal():
        moment = datetime.fromtimestamp(float(text) / 1000, UTC)
    else:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.replace(microsecond=0)
