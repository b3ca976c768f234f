"""Input channels from S3 into files: prefixes and manifests, every object under its own relative path."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.sagemaker.state import Record

_DOWNLOADS_AT_ONCE = 4


class InputError(Exception):
    """The job's input cannot be had; the message is the FailureReason."""


@dataclass(frozen=True)
class Object:
    bucket: str
    key: str
    path: str  # below the channel's directory

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def download(client: Any, channel: Record, directory: Path, role_arn: str, region: str) -> None:
    source = channel["DataSource"]["S3DataSource"]
    directory.mkdir(parents=True, exist_ok=True)
    try:
        objects = list(_objects(client, source))
    except ClientError as error:
        raise InputError(_refused(source["S3Uri"], error)) from error
    if not objects:
        bucket = split(source["S3Uri"])[0]
        raise InputError(
            f'ClientError: Data download failed:No S3 objects found under S3 URL "{source["S3Uri"]}" given in input '
            f"data source. Please ensure that the bucket exists in the selected region ({region}), that objects exist "
            f'under that S3 prefix, and that the role "{role_arn}" has "s3:ListBucket" permissions on '
            f'bucket "{bucket}".'
        )
    fetch(client, objects, directory)


def fetch(client: Any, objects: list[Object], directory: Path) -> None:
    files = [(found, _place(found, directory)) for found in objects]
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        for done in [pool.submit(_save, client, found, path) for found, path in files]:
            done.result()


def split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def under(client: Any, bucket: str, prefix: str) -> Iterator[Object]:
    """Objects whose key begins with the prefix; folder markers are no data."""
    for listed in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in listed.get("Contents", []):
            if not entry["Key"].endswith("/"):
                yield Object(bucket, entry["Key"], _relative(entry["Key"], prefix))


def _objects(client: Any, source: Record) -> Iterator[Object]:
    bucket, key = split(source["S3Uri"])
    if source["S3DataType"] == "S3Prefix":
        yield from under(client, bucket, key)
        return
    manifest = _manifest(client.get_object(Bucket=bucket, Key=key)["Body"].read(), source["S3Uri"])
    for entry in manifest[1:]:
        bucket, key = split(manifest[0]["prefix"] + entry)
        yield Object(bucket, key, entry)


def _manifest(text: bytes, uri: str) -> list[Any]:
    try:
        manifest = json.loads(text)
    except ValueError:
        manifest = None
    good = (
        isinstance(manifest, list)
        and manifest
        and isinstance(manifest[0], dict)
        and isinstance(manifest[0].get("prefix"), str)
        and all(isinstance(entry, str) for entry in manifest[1:])
    )
    if not good or not isinstance(manifest, list):
        raise InputError(f"ClientError: Data download failed:Manifest file {uri} is not a valid manifest.")
    return manifest


def _relative(key: str, prefix: str) -> str:
    if prefix and not prefix.endswith("/") and key.startswith(prefix + "/"):
        return key[len(prefix) + 1 :]
    return key[prefix.rfind("/") + 1 :]


def _place(found: Object, directory: Path) -> Path:
    path = directory / found.path
    if not path.resolve().is_relative_to(directory.resolve()) or path == directory:
        raise InputError(f"ClientError: Data download failed:Cannot download {found.uri} to {found.path}.")
    return path


def _save(client: Any, found: Object, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            shutil.copyfileobj(client.get_object(Bucket=found.bucket, Key=found.key)["Body"], file, 1 << 20)
    except ClientError as error:
        raise InputError(_refused(found.uri, error)) from error
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise InputError(
            f"ClientError: Data download failed:Cannot download {found.uri}, "
            "a previously downloaded file/folder clashes with it."
        ) from error


def _refused(uri: str, error: ClientError) -> str:
    answer = error.response.get("Error", {})
    return f"ClientError: Data download failed:Could not download {uri}: {answer.get('Code')}: {answer.get('Message')}"
