"""Messages to the deployments queue, as events would have brought them; each is sent once a day at most."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.aws import objects
from functions.aws.announcements import Announcer, Notice
from functions.monitor.records import Records

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

AGAIN_AFTER = timedelta(hours=24)  # a message comes back for 17 hours (template.yaml, DeploymentsQueue)


@dataclass(frozen=True)
class Messages:
    s3: S3Client
    sqs: SQSClient
    announcer: Announcer
    records: Records
    bucket: str
    queue_url: str
    now: Callable[[], datetime]
    count: Callable[[str], None]
    logger: Logger

    def send(self, folder: str, detail: dict[str, Any], notice: Notice) -> None:
        """Sent, told, and noted in this order: a crash in between repeats what may be repeated, and loses nothing."""
        key = f"{folder}resent.json"
        sent = self.records.read(key)
        if sent and self.now() - datetime.fromisoformat(sent["at"]) < AGAIN_AFTER:
            return
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps({"detail": detail}))
        self.announcer.announce(f"{folder}announced/reconciled", notice)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=objects.as_json({"at": self.now().isoformat()}))
        self.count("Reconciled")
        self.logger.warning(notice.subject, extra={"folder": folder})
