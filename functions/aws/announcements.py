"""Tells people what happened through the topic, each thing once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from functions.aws import objects
from functions.aws.queue import Outcome

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

LONGEST_SUBJECT = 99  # SNS takes fewer than 100 characters, ASCII, on one line
CLAIM_LASTS = timedelta(seconds=150)  # longer than a function runs: who claimed before that has crashed


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
    now: Callable[[], datetime]

    def announce(self, name: str, notice: Notice) -> Outcome:
        """Publishes under a claim, so that two messages about one thing do not both speak.

        The marker comes after the message: a crash between the two repeats it, the other order would lose it.
        LATER means that somebody else is at it, and only a second look can tell whether it was said.
        """
        marker, claim = f"{name}.json", f"{name}.claim"
        if objects.exists(self.s3, self.bucket, marker):
            return Outcome.DONE
        if not objects.put_once(self.s3, self.bucket, claim, b"") and not self._is_abandoned(claim):
            return Outcome.LATER
        self.sns.publish(TopicArn=self.topic_arn, Subject=_subject(notice.subject), Message=notice.text)
        objects.put_once(self.s3, self.bucket, marker, objects.as_json(asdict(notice)))
        return Outcome.DONE

    def _is_abandoned(self, claim: str) -> bool:
        found = objects.find(self.s3, self.bucket, claim)
        return found is not None and self.now() - found["LastModified"] > CLAIM_LASTS


def _subject(text: str) -> str:
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 3] + "..."
