"""Puts the parts of a run together: one file of decisions and one of rejected rows, however long they are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import TYPE_CHECKING, Any

from functions.bulk.part import REJECTED, RESULTS, Part, lines
from functions.bulk.run import Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PIECE = 8 * 2**20  # bytes in memory; S3 takes pieces of five megabytes and more
AT_ONCE = 8  # parts that are read at the same time
AHEAD = 64


def assemble(s3: S3Client, bucket: str, run: Run) -> None:
    results, rejected = Upload(s3, bucket, run.results), Upload(s3, bucket, run.rejected)
    results.add(lines([RESULTS]))
    rejected.add(lines([REJECTED]))
    for part in _parts(s3, bucket, run):
        results.add(part.scored)
        rejected.add(part.rejected)
    results.close()
    rejected.close()


def read_part(s3: S3Client, bucket: str, key: str) -> Part:
    return Part.from_json(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _parts(s3: S3Client, bucket: str, run: Run) -> Iterator[Part]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for some in batched(map(run.part_key, range(run.part)), AHEAD):
            yield from threads.map(lambda key: read_part(s3, bucket, key), some)


class Upload:
    """A text object of any length; of several pieces only where one does not do."""

    def __init__(self, s3: S3Client, bucket: str, key: str) -> None:
        self._s3 = s3
        self._where: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._left = bytearray()
        self._upload: str | None = None
        self._sent: list[Any] = []

    def add(self, text: str) -> None:
        self._left += text.encode()
        if len(self._left) >= PIECE:
            self._send()

    def close(self) -> None:
        if self._upload is None:
            self._s3.put_object(**self._where, Body=bytes(self._left), ContentType="text/csv; charset=utf-8")
            return
        if self._left:
            self._send()
        self._s3.complete_multipart_upload(**self._where, UploadId=self._upload, MultipartUpload={"Parts": self._sent})

    def _send(self) -> None:
        if self._upload is None:
            begun = self._s3.create_multipart_upload(**self._where, ContentType="text/csv; charset=utf-8")
            self._upload = begun["UploadId"]
        number = len(self._sent) + 1
        sent = self._s3.upload_part(**self._where, UploadId=self._upload, PartNumber=number, Body=bytes(self._left))
        self._sent.append({"ETag": sent["ETag"], "PartNumber": number})
        self._left.clear()
