"""Labels without a decision: kept in the bucket as a file that can be dropped under labels/ again."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from functions.label.label import NAMES, Label

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "labels-unknown/"  # not below labels/, where files are read


@dataclass(frozen=True)
class Unknown:
    s3: S3Client
    bucket: str
    now: Callable[[], datetime]

    def set_aside(self, labels: Sequence[Label]) -> None:
        if not labels:
            return
        # Named by what was sent: a caller who tries again and again makes one object a day of it.
        digest = hashlib.sha256(repr(labels).encode()).hexdigest()[:32]
        key = f"{PREFIX}dt={self.now():%Y-%m-%d}/{digest}.csv"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=self._file(labels), ContentType="text/csv; charset=utf-8")

    def _file(self, labels: Sequence[Label]) -> bytes:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(NAMES)
        rows.writerows((one.transaction_id, one.label, (one.labelled_at or self.now()).isoformat()) for one in labels)
        return text.getvalue().encode()
