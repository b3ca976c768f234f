"""Small things in the bucket. Existence is asked for by listing: a GET of a missing key needs the right to list the
whole bucket, or it is answered with AccessDenied."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef


def find(s3: S3Client, bucket: str, key: str) -> ObjectTypeDef | None:
    """The object's ETag, size and date; None when there is no object."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return listed[0] if listed and listed[0]["Key"] == key else None


def exists(s3: S3Client, bucket: str, key: str) -> bool:
    return find(s3, bucket, key) is not None


def keys(s3: S3Client, bucket: str, prefix: str) -> set[str]:
    """Up to a thousand keys: for prefixes that hold a handful."""
    return {item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])}


def all_keys(s3: S3Client, bucket: str, prefix: str) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def put_once(s3: S3Client, bucket: str, key: str, body: bytes) -> bool:
    """Writes the object unless it is there already; says whether it did."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if errors.code(error) in errors.PRECONDITION_FAILED:
            return False
        raise
    return True


def put_over(s3: S3Client, bucket: str, key: str, body: bytes, seen: ObjectTypeDef | None) -> bool:
    """Writes the object if it is still the one that was seen, or there is still none; says whether it did."""
    if seen is None:
        return put_once(s3, bucket, key, body)
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, IfMatch=seen["ETag"])
    except ClientError as error:
        if errors.code(error) in errors.PRECONDITION_FAILED:
            return False
        raise
    return True


def as_json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def some(names: Iterable[str], limit: int = 20) -> str:
    """A list that fits into a message or a log line."""
    listed = list(names)
    more = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {more} more" if more > 0 else "")
