"""What a transaction looks like while no model says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import objects
from functions.aws.schemas import LARGEST_SCHEMA, SCHEMA_KEY
from functions.rest import problems
from model import schema
from model.schema import Schema, SchemaError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef


class SchemaInForce:
    """Parsed once for each content: that takes longer than a request has."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket
        self._known: tuple[str | None, Schema] | None = None

    def read(self) -> Schema:
        try:
            found = objects.find(self._s3, self._bucket, SCHEMA_KEY)
            etag = found["ETag"] if found else None
            if self._known is None or self._known[0] != etag:
                self._known = etag, self._load(found)
        except (ClientError, BotoCoreError, SchemaError) as error:
            raise problems.unavailable("schema") from error
        return self._known[1]

    def _load(self, found: ObjectTypeDef | None) -> Schema:
        if found is None:
            return schema.load()
        if found["Size"] > LARGEST_SCHEMA:
            raise SchemaError(f"{SCHEMA_KEY}: is larger than {LARGEST_SCHEMA} bytes")
        body = self._s3.get_object(Bucket=self._bucket, Key=SCHEMA_KEY)["Body"].read()
        return schema.parse(body, SCHEMA_KEY)
