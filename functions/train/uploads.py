"""The files under transactions/: which of them are trained on, and whose turn it is to start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes import S3EventBridgeNotificationEvent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "transactions/"
SUFFIXES = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class FileDropped:
    """What the event says. Its key is not URL-encoded, other than in S3's own notifications."""

    key: str
    etag: str
    time: datetime

    @classmethod
    def from_event(cls, body: dict[str, Any]) -> FileDropped:
        event = S3EventBridgeNotificationEvent(body)
        dropped = event.detail.object
        # dropped.key would decode the key: "a+b.csv" would become "a b.csv"
        return cls(dropped["key"], dropped.etag.strip('"'), datetime.fromisoformat(event.time))


@dataclass(frozen=True)
class File:
    key: str
    version_id: str
    etag: str
    size: int
    last_modified: datetime

    @property
    def refusal(self) -> str | None:
        """Why the file is not trained on, None if it is."""
        if self.size == 0:
            return "is empty"
        if not self.key.lower().endswith(SUFFIXES):
            return f"is not one of {', '.join('*' + suffix for suffix in SUFFIXES)}"
        return None


def latest(s3: S3Client, bucket: str, prefix: str = PREFIX) -> list[File]:
    """The newest version of every object, sorted by key; the markers that consoles make for folders left out."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    files = [
        File(item["Key"], item["VersionId"], item["ETag"].strip('"'), item["Size"], item["LastModified"])
        for page in pages
        for item in page.get("Versions", [])
        if item["IsLatest"] and not item["Key"].endswith("/")
    ]
    return sorted(files, key=lambda file: file.key)


def dropped_at(event: FileDropped, files: list[File]) -> datetime:
    """When the event's file was written, as S3 has it; by the event's own clock if the file is gone or replaced."""
    for file in files:
        if file.key == event.key and file.etag == event.etag:
            return _second(file.last_modified)
    return _second(event.time)


def is_last(moment: datetime, files: list[File]) -> bool:
    """False if one of the files came later: then its own event, which waits out the quiet period too, does the work.

    S3 tells times to the second. Of files within one second all go ahead, and the job's name makes them one.
    """
    return all(_second(file.last_modified) <= moment for file in files)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
