"""Tells people what happened through the topic, each thing once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from functions.aws import objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

LONGEST_SUBJECT = 99  # SNS takes fewer than 100 characters, ASCII, on one line


@dataclass(frozen=True)
class Notice:
    subject: str
    text: str


@dataclass(frozen=True)
class Announcer:
    s3: S3Client
    sns: SNSClient
    bucket: str
    topic_arn: str

    def announce(self, marker: str, notice: Notice) -> bool:
        """Publishes unless the marker object says that it was done.

        The message goes out before the marker is written: a crash between the two repeats the message, the other
        order would lose it.
        """
        if objects.etag(self.s3, self.bucket, marker) is not None:
            return False
        self.sns.publish(TopicArn=self.topic_arn, Subject=_subject(notice.subject), Message=notice.text)
        objects.put_once(self.s3, self.bucket, marker, objects.as_json(asdict(notice)))
        return True


def _subject(text: str) -> str:
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 3] + "..."
