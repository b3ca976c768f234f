"""A file that was dropped in the bucket, read in pieces for as long as it is the same file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors, objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

PIECE = 4 * 2**20  # bytes of a request; a connection that idles between two reads would be closed


class GoneError(Exception):
    """The file was removed or replaced while it was read."""


def named_in(event: dict[str, Any]) -> tuple[str, str]:
    """Key and ETag of the object that an S3 event tells of, as EventBridge has it."""
    dropped = event["detail"]["object"]
    return dropped["key"], dropped["etag"].strip('"')


def find(s3: S3Client, bucket: str, key: str, etag: str) -> ObjectTypeDef | None:
    """None when it is gone, or replaced, which has an event of its own; or only a folder."""
    found = objects.find(s3, bucket, key)
    return None if found is None or found["ETag"].strip('"') != etag or key.endswith("/") else found


class Dropped(io.RawIOBase):
    def __init__(self, s3: S3Client, bucket: str, key: str, found: ObjectTypeDef) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        self._etag, self._size = found["ETag"], found["Size"]
        self._piece = memoryview(b"")
        self._fetched = 0

    @property
    def progress(self) -> float:
        """The share of its bytes that was read."""
        return (self._fetched - len(self._piece)) / self._size if self._size else 1.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._piece and self._fetched < self._size:
            self._piece = memoryview(self._fetch())
            self._fetched += len(self._piece)
        taken = self._piece[: len(buffer)]
        buffer[: len(taken)] = taken
        self._piece = self._piece[len(taken) :]
        return len(taken)

    def _fetch(self) -> bytes:
        wanted = f"bytes={self._fetched}-{min(self._fetched + PIECE, self._size) - 1}"
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=self._key, IfMatch=self._etag, Range=wanted)
        except ClientError as error:
            if errors.code(error) in errors.PRECONDITION_FAILED or not self._is_there():
                raise GoneError(self._key) from error
            raise
        return found["Body"].read()

    def _is_there(self) -> bool:
        return find(self._s3, self._bucket, self._key, self._etag.strip('"')) is not None
