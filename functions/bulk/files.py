"""Files dropped under batch/in/: scored part by part, in as many steps as their length asks for, and summed up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, cast

from functions.aws import dropped, objects
from functions.aws.announcements import Announcer
from functions.aws.dropped import Dropped, GoneError
from functions.aws.queue import Outcome
from functions.bulk import notices, results, summary
from functions.bulk.reading import Reading, Row
from functions.bulk.run import Run
from functions.bulk.scorer import Scorer
from functions.bulk.totals import Totals
from functions.csv_file import UnreadableError
from functions.rest import problems
from functions.rest.problems import ProblemError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef
    from mypy_boto3_sqs import SQSClient

    from model.contract import Contract

MOST_TRIES = 60  # of a part while a service is away; then the message fails, which people are told


@dataclass(frozen=True)
class Files:
    s3: S3Client
    sqs: SQSClient
    announcer: Announcer
    scorer: Scorer
    bucket: str
    queue_url: str
    poll_seconds: int
    now: Callable[[], datetime]

    def on_message(self, run: Run, has_time: Callable[[], bool]) -> Outcome:
        run = run.begun(self.now())
        told = self._told(run)
        if told.get("status") == summary.DONE:
            return self._announce_scored(run, told)
        found = dropped.find(self.s3, self.bucket, run.key, run.etag)
        return self._stop(run) if found is None else self._score(run, found, has_time)

    def _score(self, run: Run, found: ObjectTypeDef, has_time: Callable[[], bool]) -> Outcome:
        try:
            contract = self._contract()
            if contract is None:
                return self._wait(run, "no model serves yet")
            content = Dropped(self.s3, self.bucket, run.key, found)
            reading = Reading(cast("IO[bytes]", content), run.key, contract.schema, run.id)
            for rows in reading.parts(run.part):
                if not has_time():
                    return self._go_on(run)
                run = run.after(self._part(run, rows))
                if dropped.find(self.s3, self.bucket, run.key, run.etag) is None:
                    return self._stop(run)
                self._tell(run, summary.RUNNING, progress=round(content.progress, 3))
        except GoneError:
            return self._stop(run)
        except UnreadableError as error:
            return self._refuse(run, str(error))
        except ProblemError as problem:
            if problem.status != problems.UNAVAILABLE or run.tries >= MOST_TRIES:
                raise
            return self._wait(run.tried(), problem.message)
        if not run.totals.rows:
            return self._refuse(run, "it has a header but no rows")
        return self._finish(run, reading) if has_time() else self._go_on(run)

    def _finish(self, run: Run, reading: Reading) -> Outcome:
        results.assemble(self.s3, self.bucket, run)
        told = self._tell(run, summary.DONE, progress=1.0, ignored_columns=reading.ignored)
        return self._announce_scored(run, told)

    def _part(self, run: Run, rows: Sequence[Row]) -> Totals:
        """Scored once: what another message about the same file has done is taken as it is."""
        key = run.part_key(run.part)
        if not objects.exists(self.s3, self.bucket, key):
            part = self.scorer.part(rows)
            if objects.put_once(self.s3, self.bucket, key, part.to_json()):
                return part.totals
        return results.read_part(self.s3, self.bucket, key).totals

    def _contract(self) -> Contract | None:
        models = self.scorer.scoring.live
        live = models.current()
        return models.contract(live.model) if live else None

    def _go_on(self, run: Run, seconds: int = 0) -> Outcome:
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(asdict(run)), DelaySeconds=seconds)
        return Outcome.DONE

    def _wait(self, run: Run, reason: str) -> Outcome:
        told = self._told(run)
        if (told.get("status"), told.get("reason")) != (summary.WAITING, reason):
            self._tell(run, summary.WAITING, reason=reason)
        return self._go_on(run, self.poll_seconds)

    def _stop(self, run: Run) -> Outcome:
        """The file is gone. A run that has ended stays as it was told; a replaced file has a run of its own."""
        if self._told(run).get("status") in (summary.WAITING, summary.RUNNING):
            self._tell(run, summary.STOPPED, reason="the file was removed or replaced")
        return Outcome.DONE

    def _refuse(self, run: Run, reason: str) -> Outcome:
        """What was scored before the file turned out to be none is there to be fetched."""
        if run.part:
            results.assemble(self.s3, self.bucket, run)
        told = self._tell(run, summary.FAILED, reason=reason)
        mark = run.announcement(f"failed-{hashlib.sha256(reason.encode()).hexdigest()[:8]}")
        return self.announcer.announce(mark, notices.unreadable(told))

    def _announce_scored(self, run: Run, told: dict[str, Any]) -> Outcome:
        return self.announcer.announce(run.announcement("done"), notices.scored(run.summary, told))

    def _told(self, run: Run) -> dict[str, Any]:
        """What the summary says of this very content."""
        if not objects.exists(self.s3, self.bucket, run.summary):
            return {}
        told: dict[str, Any] = json.loads(self.s3.get_object(Bucket=self.bucket, Key=run.summary)["Body"].read())
        return told if (told["file"], told["etag"]) == (run.key, run.etag) else {}

    def _tell(self, run: Run, status: str, **more: Any) -> dict[str, Any]:
        told = summary.document(run, status, self.bucket, self.now(), **more)
        self.s3.put_object(Bucket=self.bucket, Key=run.summary, Body=objects.as_json(told))
        return told
