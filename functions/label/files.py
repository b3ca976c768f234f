"""Files dropped under labels/: recorded like requests, in as many steps as their length asks for, and summed up."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from itertools import batched
from typing import IO, TYPE_CHECKING, Any, cast

from functions.aws import dropped, objects, serving
from functions.aws.announcements import Announcer
from functions.aws.dropped import Dropped, GoneError
from functions.aws.queue import Outcome
from functions.csv_file import UnreadableError
from functions.label import notices
from functions.label.file import Rejected, Row, rows
from functions.label.label import Label
from functions.label.recording import Recording
from model import label as forms

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef
    from mypy_boto3_sqs import SQSClient

PREFIX, DONE = "labels/", "labels-done/"
AT_ONCE = 100


@dataclass(frozen=True)
class Message:
    """A file, and how far it was read: what is left of a long one is a message of its own."""

    key: str
    etag: str
    line: int = 1  # the last one that is done
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Message:
        if "line" in body:
            return cls(**body)
        return cls(*dropped.named_in(body))

    @property
    def done(self) -> str:
        return DONE + self.key.removeprefix(PREFIX)


@dataclass(frozen=True)
class Files:
    s3: S3Client
    sqs: SQSClient
    announcer: Announcer
    recording: Recording
    bucket: str
    queue_url: str

    def on_message(self, message: Message, has_time: Callable[[], bool]) -> Outcome:
        found = dropped.find(self.s3, self.bucket, message.key, message.etag)
        if found is None:
            return Outcome.DONE
        try:
            return self._record(message, found, has_time)
        except GoneError:
            return Outcome.DONE
        except UnreadableError as error:
            return self.announcer.announce(_marker(message), notices.unreadable(message.key, str(error)))

    def _record(self, message: Message, found: ObjectTypeDef, has_time: Callable[[], bool]) -> Outcome:
        counts, rejected = Counter(message.counts), list[tuple[int, str]]()
        for batch in batched(self._rows(message, found), AT_ONCE):
            labels = [row.found for row in batch if isinstance(row.found, Label)]
            steps = self.recording.record(labels, has_time)
            if steps is None:
                rest = Message(message.key, message.etag, batch[0].line - 1, dict(counts))
                self._keep(message, rejected)
                self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(vars(rest)))
                return Outcome.DONE
            rejected += [(row.line, row.found.reason) for row in batch if isinstance(row.found, Rejected)]
            counts.update(step.status for step in steps)
            counts["rejected"] = message.counts.get("rejected", 0) + len(rejected)
            counts["blank"] += sum(row.found is None for row in batch)
        self._keep(message, rejected)
        summary = {"file": message.key, "etag": message.etag} | dict(counts)
        self.s3.put_object(Bucket=self.bucket, Key=f"{message.done}.json", Body=objects.as_json(summary))
        if not counts["unknown"] and not counts["rejected"]:
            return Outcome.DONE
        return self.announcer.announce(
            _marker(message), notices.incomplete(message.key, self.bucket, message.done, counts)
        )

    def _rows(self, message: Message, found: ObjectTypeDef) -> Iterator[Row]:
        content = cast("IO[bytes]", Dropped(self.s3, self.bucket, message.key, found))
        everything = rows(content, self._words(), found["LastModified"].astimezone(UTC))
        return (row for row in everything if row.line > message.line)

    def _words(self) -> forms.Label:
        """What the schema in force calls fraud; without a model, what schemas do that say nothing."""
        contract = serving.contract(self.s3, self.bucket)
        return (contract.schema.label if contract else None) or forms.Label("label")

    def _keep(self, message: Message, rejected: list[tuple[int, str]]) -> None:
        if rejected:
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([("line", "reason"), *rejected])
            key = f"{message.done}.rejected-after-{message.line}.csv"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.getvalue().encode())


def _marker(message: Message) -> str:
    return f"{message.done}.{hashlib.sha256(message.etag.encode()).hexdigest()[:8]}.announced"
