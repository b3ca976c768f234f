"""One training run, frozen: exact files, schema and code, and the hash of them that names the job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import model
from functions.aws import objects
from functions.aws.schemas import LARGEST_SCHEMA, SCHEMA_KEY
from functions.train import uploads
from functions.train.source import Source
from functions.train.uploads import File

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class SchemaTooLargeError(Exception):
    """config/schema.yaml is larger than any schema."""


@dataclass(frozen=True)
class SchemaFile:
    content: bytes
    source: str
    version_id: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Run:
    bucket: str
    files: tuple[File, ...]
    ignored: tuple[File, ...]
    schema: SchemaFile
    source: Source
    options: Mapping[str, str]

    @property
    def idempotency_hash(self) -> str:
        """Equal for equal bytes: versions are left out, so that the same files dropped again start nothing.

        The bucket is among the parts, because a stack that was deleted and made again has a new, empty one, and the
        old stack's jobs still hold their names.
        """
        parts = {
            "bucket": self.bucket,
            "files": sorted([file.key, file.etag, file.size] for file in self.files),
            "schema": self.schema.sha256,
            "code": self.source.sha256,
            "options": dict(self.options),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def manifest(self, job: str, now: datetime) -> dict[str, Any]:
        schema: dict[str, Any] = {"sha256": self.schema.sha256, "source": self.schema.source}
        if self.schema.version_id is not None:
            schema["version_id"] = self.schema.version_id
        return {
            "job": job,
            "bucket": self.bucket,
            "files": [_entry(file) for file in self.files],
            "ignored": [_entry(file) | {"reason": file.refusal} for file in self.ignored],
            "schema": schema,
            "code": {"sha256": self.source.sha256, "uri": f"s3://{self.bucket}/{self.source.key}"},
            "options": dict(self.options),
            "created_at": now.isoformat(),
        }

    def train_channel(self) -> list[Any]:
        """SageMaker's ManifestFile: the prefix, and what follows it in each key."""
        names = [file.key.removeprefix(uploads.PREFIX) for file in self.files]
        return [{"prefix": f"s3://{self.bucket}/{uploads.PREFIX}"}, *names]


def _entry(file: File) -> dict[str, Any]:
    return {
        "key": file.key,
        "version_id": file.version_id,
        "etag": file.etag,
        "size": file.size,
        "last_modified": file.last_modified.isoformat(),
    }


def schema_file(s3: S3Client, bucket: str) -> SchemaFile:
    """The bucket's own schema if there is one, else the one that came with the code."""
    for found in uploads.latest(s3, bucket, SCHEMA_KEY):
        if found.key != SCHEMA_KEY:
            continue
        if found.size > LARGEST_SCHEMA:
            raise SchemaTooLargeError(f"{SCHEMA_KEY} has {found.size} bytes; at most {LARGEST_SCHEMA} are accepted")
        body = s3.get_object(Bucket=bucket, Key=SCHEMA_KEY, VersionId=found.version_id)["Body"]
        return SchemaFile(body.read(), SCHEMA_KEY, found.version_id)
    return SchemaFile((Path(model.__file__).parent / "schema.yaml").read_bytes(), "packaged")


def write_inputs(s3: S3Client, run: Run, job: str, train_manifest_key: str, now: datetime) -> None:
    """Everything the job reads besides the files. Written once: a second, equal run finds it there."""
    objects.put_once(s3, run.bucket, run.source.key, run.source.archive)
    objects.put_once(s3, run.bucket, f"runs/{job}/input/schema.yaml", run.schema.content)
    objects.put_once(s3, run.bucket, f"runs/{job}/input/manifest.json", objects.as_json(run.manifest(job, now)))
    objects.put_once(s3, run.bucket, train_manifest_key, objects.as_json(run.train_channel()))
