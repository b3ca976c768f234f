"""A bucket in memory, as quick as a dictionary: for tests that take thousands of histories."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from tests.functions.fakes import client_error


@dataclass
class FakeBucket:
    """The client's calls that small records need. `step` happens before each of them."""

    now: Callable[[], datetime]
    step: Callable[[str], None] = lambda _: None
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)

    def put_object(self, **request: Any) -> None:
        self.step("PutObject")
        key, there = request["Key"], self.objects.get(request["Key"])
        if request.get("IfNoneMatch") == "*" and there:
            raise client_error("PreconditionFailed")
        if "IfMatch" in request and (there is None or request["IfMatch"] != _etag(there[0])):
            raise client_error("PreconditionFailed")
        self.objects[key] = (request["Body"], self.now())

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.step("GetObject")
        if request["Key"] not in self.objects:
            raise client_error("AccessDenied")  # as S3 says to who may not list the bucket
        return {"Body": BytesIO(self.objects[request["Key"]][0])}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        self.step("ListObjectsV2")
        keys = sorted(key for key in self.objects if key.startswith(request["Prefix"]))
        return {"Contents": [self._item(key) for key in keys[: request.get("MaxKeys")]]}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"

        def pages(**request: Any) -> Iterator[dict[str, Any]]:
            yield self.list_objects_v2(**request)

        return SimpleNamespace(paginate=pages)

    def below(self, prefix: str) -> set[str]:
        return {key.removeprefix(prefix) for key in self.objects if key.startswith(prefix)}

    def _item(self, key: str) -> dict[str, Any]:
        body, written = self.objects[key]
        return {"Key": key, "ETag": _etag(body), "LastModified": written, "Size": len(body)}


def _etag(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()
