"""Before a model goes live, the history it was trained on is in the table: asked for once, then waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.aws import names, objects
from functions.aws.announcements import Announcer
from functions.deploy import notices
from functions.deploy.job import TrainedJob
from functions.deploy.outputs import INDEX
from model.artefact import ArtefactError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LATE = timedelta(minutes=30)  # a million entities take ten


@dataclass(frozen=True)
class Backfill:
    s3: S3Client
    sqs: SQSClient
    announcer: Announcer
    stack: str
    bucket: str
    queue_url: str
    now: Callable[[], datetime]

    def is_complete(self, job: TrainedJob) -> bool:
        """Asks for what is not asked for yet. A model that reads no history has no index."""
        present = objects.all_keys(self.s3, self.bucket, job.key("history/"))
        if job.key(INDEX) not in present:
            return True
        index = self._read(job.key(INDEX))
        parts: dict[str, str] = index["parts"]
        missing = [name for name in parts if job.key(f"history/{name}") not in present]
        if missing:
            raise ArtefactError(f"the job's output lacks {objects.some(sorted(missing))} of its history")
        waiting = [name for name in parts if job.key(f"history/loaded/{name}.json") not in present]
        if not waiting:
            # Said before the endpoint is turned to: from here on scoring may write under this plan.
            key = names.plan_in_use(index["plan"])
            objects.put_once(self.s3, self.bucket, key, objects.as_json({"job": job.name}))
            return True
        if job.key("history/requested.json") not in present:
            self._request(job, parts)
        elif self.now() - self._requested_at(job) > LATE:
            late = notices.history_late(job, self.stack, sorted(waiting))
            self.announcer.announce(job.key("announced/history-late"), late)
        return False

    def _request(self, job: TrainedJob, parts: dict[str, str]) -> None:
        """The mark comes last: a crash in between asks twice, which changes nothing."""
        for name, sha256 in sorted(parts.items()):
            message = {"job": job.name, "part": name, "sha256": sha256}
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(message))
        record = {"at": self.now().isoformat(), "parts": len(parts)}
        objects.put_once(self.s3, self.bucket, job.key("history/requested.json"), objects.as_json(record))

    def _requested_at(self, job: TrainedJob) -> datetime:
        return datetime.fromisoformat(self._read(job.key("history/requested.json"))["at"])

    def _read(self, key: str) -> dict[str, Any]:
        return dict(json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))
