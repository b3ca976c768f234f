"""Which objects a channel brings, and where they land."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.training.channels import InputError, download
from tests.local.sagemaker.stack import ROLE, Stack
from tests.local.sagemaker.work import channel

ODD_KEYS = ["with space.csv", "a+b.csv", "100%.csv", "Überweisung/März.csv", "deep/er/x.csv", "%2B.csv"]


def fetched(stack: Stack, source: dict[str, Any], directory: Path) -> dict[str, str]:
    download(stack.s3, source, directory, ROLE, "us-east-1")
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def put(stack: Stack, bucket: str, *keys: str) -> None:
    for key in keys:
        stack.s3.put_object(Bucket=bucket, Key=key, Body=key.encode())


def manifest(stack: Stack, bucket: str, content: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    stack.s3.put_object(Bucket=bucket, Key="files.manifest", Body=text)
    return channel("train", f"s3://{bucket}/files.manifest", "ManifestFile")


def test_a_manifest_brings_its_objects_and_no_others(stack: Stack, bucket: str, tmp_path: Path) -> None:
    put(stack, bucket, *(f"in/{key}" for key in ODD_KEYS), "in/not-wanted.csv")
    source = manifest(stack, bucket, [{"prefix": f"s3://{bucket}/in/"}, *ODD_KEYS])

    assert fetched(stack, source, tmp_path / "to") == {key: f"in/{key}" for key in ODD_KEYS}


@pytest.mark.parametrize(
    ("prefix", "files"),
    [
        ("data/", {"a.csv", "deep/b.csv"}),
        ("data", {"a.csv", "deep/b.csv", "database.csv"}),
        ("data/a.csv", {"a.csv"}),
        ("data/de", {"deep/b.csv"}),
        ("", {"data/a.csv", "data/deep/b.csv", "database.csv"}),
    ],
)
def test_a_prefix_brings_every_object_that_begins_with_it(
    stack: Stack, bucket: str, tmp_path: Path, prefix: str, files: set[str]
) -> None:
    put(stack, bucket, "data/", "data/a.csv", "data/deep/b.csv", "database.csv")

    assert set(fetched(stack, channel("train", f"s3://{bucket}/{prefix}"), tmp_path / "to")) == files


def test_a_prefix_without_objects_is_named(stack: Stack, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f'No S3 objects found under S3 URL "s3://{bucket}/none/"'):
        fetched(stack, channel("train", f"s3://{bucket}/none/"), tmp_path)


def test_a_missing_object_of_a_manifest_is_named(stack: Stack, bucket: str, tmp_path: Path) -> None:
    source = manifest(stack, bucket, [{"prefix": f"s3://{bucket}/in/"}, "gone.csv"])
    with pytest.raises(InputError, match=f"Could not download s3://{bucket}/in/gone.csv: NoSuchKey"):
        fetched(stack, source, tmp_path)


@pytest.mark.parametrize("content", ["not json", {}, [], ["a.csv"], [{"prefix": 1}, "a"], [{"prefix": "s3://b/"}, 1]])
def test_what_is_no_manifest_is_refused(stack: Stack, bucket: str, tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match="is not a valid manifest"):
        fetched(stack, manifest(stack, bucket, content), tmp_path)


def test_no_object_leaves_the_channels_directory(stack: Stack, bucket: str, tmp_path: Path) -> None:
    source = manifest(stack, bucket, [{"prefix": f"s3://{bucket}/in/"}, "../../escaped.csv"])
    with pytest.raises(InputError, match="Cannot download"):
        fetched(stack, source, tmp_path / "to")


def test_a_file_where_a_folder_must_be_clashes(stack: Stack, bucket: str, tmp_path: Path) -> None:
    put(stack, bucket, "in/a", "in/a/b.csv")
    with pytest.raises(InputError, match="a previously downloaded file/folder clashes with it"):
        fetched(stack, channel("train", f"s3://{bucket}/in/"), tmp_path)
