"""What a job leaves behind: model.tar.gz, output.tar.gz and checkpoints, in S3."""

import os
import tarfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.sagemaker.state import Record
from local.sagemaker.training import channels


class UploadError(Exception):
    """The results cannot be put where the job wants them; the message is the FailureReason."""


def output_uri(job: Record, name: str) -> str:
    return f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/output/{name}"


def upload_directory(client: Any, job: Record, directory: Path, name: str) -> str:
    """The directory's content as a tar.gz at the job's output path."""
    archive = directory.with_name(name)
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for path in sorted(directory.iterdir()):
            tar.add(path, arcname=path.name)
    uri = output_uri(job, name)
    _put(client, archive, uri, job["OutputDataConfig"].get("KmsKeyId"))
    archive.unlink()
    return uri


def restore_checkpoints(client: Any, uri: str, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    bucket, prefix = channels.split(uri.rstrip("/") + "/")
    try:
        channels.fetch(client, list(channels.under(client, bucket, prefix)), directory)
    except ClientError as error:
        raise channels.InputError(f"ClientError: Checkpoint download failed: {error}") from error


def save_checkpoints(client: Any, uri: str, directory: Path, known: dict[str, tuple[int, int]]) -> None:
    """Upload what has changed since `known` (size and time by path), which is brought up to date."""
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        relative, seen = str(path.relative_to(directory)), path.stat()
        if known.get(relative) != (seen.st_size, seen.st_mtime_ns):
            _put(client, path, f"{uri.rstrip('/')}/{relative}", None)
            known[relative] = (seen.st_size, seen.st_mtime_ns)


def has_files(directory: Path) -> bool:
    return any(files for _, _, files in os.walk(directory))


def _put(client: Any, path: Path, uri: str, key_id: str | None) -> None:
    bucket, key = channels.split(uri)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
    try:
        with path.open("rb") as body:
            client.put_object(Bucket=bucket, Key=key, Body=body, **encryption)
    except ClientError as error:
        answer = error.response.get("Error", {})
        raise UploadError(
            f"ClientError: Artifact upload failed:Could not upload to {uri}: "
            f"{answer.get('Code')}: {answer.get('Message')}"
        ) from error
