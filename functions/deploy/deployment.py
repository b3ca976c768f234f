"""One ended training job: verified, published, brought to the endpoint, and people told how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors, objects
from functions.aws.announcements import Announcer, Notice
from functions.aws.queue import Outcome
from functions.deploy import failures, notices, outputs
from functions.deploy import job as jobs
from functions.deploy.backfill import Backfill
from functions.deploy.endpoint import Endpoint, Hosting
from functions.deploy.job import TrainedJob
from functions.deploy.rollout import Rollout, Step
from functions.settings import DeploySettings
from model.artefact import ArtefactError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client

FINAL = frozenset({"live", "damaged", "rolled-back", "failed", "training-failed"})


@dataclass(frozen=True)
class Deployment:
    s3: S3Client
    logs: CloudWatchLogsClient
    hosting: Hosting
    rollout: Rollout
    backfill: Backfill
    announcer: Announcer
    settings: DeploySettings
    now: Callable[[], datetime]
    count: Callable[[str], None]
    logger: Logger

    def on_job_ended(self, name: str) -> Outcome:
        job = jobs.find(self.hosting.sagemaker, self.settings.stack_name, name)
        if job is None:
            self.logger.info("No training job of this stack", extra={"job": name})
            return Outcome.DONE
        if not job.ended:
            return Outcome.LATER  # the event was faster than what Describe reads
        if self._is_settled(job):
            return self._clean_up(job)
        if job.status != "Completed":
            return self._report_training(job)
        try:
            evaluation = outputs.publish_model(self.s3, self.settings.bucket, job)
            if not self.backfill.is_complete(job):
                return Outcome.LATER
        except ArtefactError as error:
            notice = notices.broken(job, self.settings.bucket, str(error), self._serving())
            return self._settle(job, "damaged", notice)
        return self._roll_out(job, evaluation)

    def _roll_out(self, job: TrainedJob, evaluation: dict[str, Any]) -> Outcome:
        name = self.settings.endpoint_name
        try:
            step, endpoint = self.rollout.step(job)
        except ClientError as error:
            if errors.code(error) in errors.THROTTLED:
                return Outcome.LATER
            if errors.code(error) != "ResourceLimitExceeded":
                raise
            self.announcer.announce(
                job.key("announced/over-quota"), notices.over_quota(job, name, errors.message(error))
            )
            return Outcome.LATER
        self.logger.info(step.value, extra={"job": job.name, "endpoint": name})
        if step is Step.WAIT:
            return Outcome.LATER
        if step is Step.LIVE:
            self._point_scoring_at(job, evaluation)
            return self._settle(job, "live", notices.live(job, self.settings.bucket, name, evaluation))
        if step is Step.ROLLED_BACK:
            serving = notices.serving_now(endpoint.config if endpoint else None)
            return self._settle(job, "rolled-back", notices.rolled_back(job, name, _reason(endpoint), serving))
        if step is Step.FAILED:
            outcome = self._settle(job, "failed", notices.failed(job, name, _reason(endpoint)))
            return self._clean_up(job) if outcome is Outcome.DONE else outcome
        return Outcome.DONE

    def _report_training(self, job: TrainedJob) -> Outcome:
        bucket = self.settings.bucket
        has_rejected_rows = outputs.publish_outputs(self.s3, bucket, job)
        reason = failures.reason(self.logs, job)
        notice = notices.training_failed(job, bucket, reason, self._serving(), has_rejected_rows)
        return self._settle(job, "training-failed", notice)

    def _point_scoring_at(self, job: TrainedJob, evaluation: dict[str, Any]) -> None:
        data = evaluation.get("data", {})
        live = {
            "model": job.name,
            "endpoint": self.settings.endpoint_name,
            "contract": job.key("contract.json"),
            "since": self.now().isoformat(),
            "metrics": evaluation.get("metrics", {}),
            "trained_on": data.get("shipped"),
            "judged_on": data.get("parts", {}).get("hold_out"),
        }
        self.s3.put_object(Bucket=self.settings.bucket, Key="config/live.json", Body=objects.as_json(live))

    def _is_settled(self, job: TrainedJob) -> bool:
        announced = objects.keys(self.s3, self.settings.bucket, job.key("announced/"))
        return any(job.key(f"announced/{state}.json") in announced for state in FINAL)

    def _clean_up(self, job: TrainedJob) -> Outcome:
        """After the announcement, because its marker keeps a second message from creating the endpoint again."""
        if objects.exists(self.s3, self.settings.bucket, job.key("announced/failed.json")):
            self.hosting.remove_failed(job)
        return Outcome.DONE

    def _settle(self, job: TrainedJob, state: str, notice: Notice) -> Outcome:
        outcome = self.announcer.announce(job.key(f"announced/{state}"), notice)
        if outcome is Outcome.DONE:
            self.count(f"Model_{state}")
        return outcome

    def _serving(self) -> str:
        endpoint = self.hosting.endpoint()
        return notices.serving_now(endpoint.config if endpoint and endpoint.answers else None)


def _reason(endpoint: Endpoint | None) -> str:
    return (endpoint.failure_reason if endpoint else "") or "SageMaker gives no reason"
