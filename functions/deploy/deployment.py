"""One trained model: verified, judged, registered, brought to the endpoint, and people told how it went.

Three things ask for it: a job that ended, somebody who approves a package, be it one that waited or an older one, and
the endpoint of a model that served being gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors, objects, serving
from functions.aws.announcements import Announcer, Notice
from functions.aws.queue import Outcome
from functions.deploy import failures, notices, outputs, setbacks, verdict
from functions.deploy import job as jobs
from functions.deploy.approval import Approval
from functions.deploy.backfill import Backfill
from functions.deploy.endpoint import Hosting
from functions.deploy.job import TrainedJob
from functions.deploy.proof import NoAnswerYetError
from functions.deploy.registry import APPROVED, PENDING, Registry
from functions.deploy.restoration import Restoration
from functions.deploy.rollout import Progress, Rollout, Step
from functions.settings import DeploySettings
from model.artefact import ArtefactError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client

TOLD = frozenset(
    {"live", "damaged", "rejected", "pending", "rolled-back", "failed", "refused", "doubted", "training-failed"}
)
FINAL = TOLD | {"superseded", "turned-down"}  # nothing to tell, and nothing to do any more


@dataclass(frozen=True)
class Deployment:
    s3: S3Client
    logs: CloudWatchLogsClient
    hosting: Hosting
    rollout: Rollout
    backfill: Backfill
    registry: Registry
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
        except ArtefactError as error:
            return self._report_damage(job, error)
        judged = self._judged(job, evaluation)
        package = self.registry.ensure(job, evaluation, judged)
        if judged["verdict"] == "reject":
            notice = notices.rejected(job, self.settings.bucket, judged, package.arn, self._serving_now())
            return self._settle(job, "rejected", notice)
        if package.approval == PENDING:
            notice = notices.pending(job, self.settings.bucket, evaluation, package.arn, self._serving_now())
            return self._settle(job, "pending", notice)
        return self._bring(job, evaluation) if package.approval == APPROVED else self._end(job, "turned-down")

    def on_package_approved(self, approval: Approval) -> Outcome:
        """Whatever the gate said, and whether or not it served before: who approves decides."""
        package = self.registry.describe(approval.package)
        if package is None or package.approval != APPROVED:
            self.logger.info("No package of this stack, or not approved any more", extra={"package": approval.package})
            return Outcome.DONE
        found = jobs.find(self.hosting.sagemaker, self.settings.stack_name, package.job)
        if found is None or found.status != "Completed":
            self.logger.info("No training job behind the package", extra={"package": approval.package})
            return Outcome.DONE
        job = replace(found, approved=approval.at)
        objects.put_once(self.s3, self.settings.bucket, job.deployment_key("received.json"), b"{}")
        return self._bring_judged(job)

    def on_endpoint_lost(self, restoration: Restoration) -> Outcome:
        """As it went live before, and with the rank it had then: what is newer comes first."""
        found = jobs.find(self.hosting.sagemaker, self.settings.stack_name, restoration.model)
        if found is None or found.status != "Completed":
            self.logger.info("No training job behind the lost model", extra={"model": restoration.model})
            return Outcome.DONE
        ranked = self.rollout.attempts.with_last_approval(found)
        return self._bring_judged(replace(ranked, restored=restoration))

    def _bring_judged(self, job: TrainedJob) -> Outcome:
        if self._is_settled(job):
            return self._clean_up(job)
        try:
            evaluation = outputs.publish_model(self.s3, self.settings.bucket, job)
        except ArtefactError as error:
            return self._report_damage(job, error)
        return self._bring(job, evaluation)

    def _bring(self, job: TrainedJob, evaluation: dict[str, Any]) -> Outcome:
        try:
            ready = self.backfill.is_complete(job)
        except ArtefactError as error:
            return self._report_damage(job, error)
        return self._roll_out(job, evaluation) if ready else Outcome.LATER

    def _report_damage(self, job: TrainedJob, error: ArtefactError) -> Outcome:
        notice = notices.broken(job, self.settings.bucket, str(error), self._serving_now())
        return self._settle(job, "damaged", notice)

    def _judged(self, job: TrainedJob, evaluation: dict[str, Any]) -> dict[str, Any]:
        s3, bucket = self.s3, self.settings.bucket
        found = verdict.find(s3, bucket, job)
        return found or verdict.speak(s3, bucket, job, evaluation, self._serving())

    def _roll_out(self, job: TrainedJob, evaluation: dict[str, Any]) -> Outcome:
        name = self.settings.endpoint_name
        try:
            progress = self.rollout.step(job)
        except ClientError as error:
            if errors.code(error) in errors.THROTTLED:
                return Outcome.LATER
            if errors.code(error) != "ResourceLimitExceeded":
                raise
            self.announcer.announce(
                job.deployment_key("announced/over-quota"), notices.over_quota(job, name, errors.message(error))
            )
            return Outcome.LATER
        step, reason = progress.step, progress.reason
        self.logger.info(step.value, extra={"job": job.name, "endpoint": name, "reason": reason})
        if step is Step.WAIT:
            return Outcome.LATER
        if step is Step.LIVE:
            return self._confirm(job, evaluation)
        if step is Step.SUPERSEDED:
            return self._end(job, "superseded")
        return self._report_setback(job, progress)

    def _confirm(self, job: TrainedJob, evaluation: dict[str, Any]) -> Outcome:
        """The endpoint has the model; scoring is told so when it answers as the training did."""
        name = self.settings.endpoint_name
        try:
            doubt = self.rollout.doubt(job)
        except NoAnswerYetError as silence:
            self.logger.warning("No answer to golden transactions yet", extra={"job": job.name, "why": str(silence)})
            return Outcome.LATER
        if doubt is None:
            self._point_scoring_at(job, evaluation)
            return self._settle(job, "live", notices.live(job, self.settings.bucket, name, evaluation))
        if self.rollout.withdraw(job):
            self.announcer.announce(job.deployment_key("announced/withdrawn"), setbacks.withdrawn(job, name, doubt))
            return Outcome.LATER
        return self._report_setback(job, Progress(Step.DOUBTED, self.hosting.endpoint(), doubt))

    def _report_setback(self, job: TrainedJob, progress: Progress) -> Outcome:
        """Said on the package as well: an update that was rolled back ends in service, as one that succeeded does."""
        state = setbacks.STATES[progress.step]
        package = self.registry.mark(job, state, f"{progress.step.value}: {progress.reason}")
        notice = setbacks.notice(job, progress, self.settings.endpoint_name, package)
        outcome = self._settle(job, state, notice)
        return self._clean_up(job) if outcome is Outcome.DONE else outcome

    def _report_training(self, job: TrainedJob) -> Outcome:
        bucket = self.settings.bucket
        has_rejected_rows = outputs.publish_outputs(self.s3, bucket, job)
        reason = failures.reason(self.logs, job)
        notice = notices.training_failed(job, bucket, reason, self._serving_now(), has_rejected_rows)
        return self._settle(job, "training-failed", notice)

    def _point_scoring_at(self, job: TrainedJob, evaluation: dict[str, Any]) -> None:
        live = serving.fact(job.name, self.settings.endpoint_name, evaluation, self.now())
        self.s3.put_object(Bucket=self.settings.bucket, Key=serving.KEY, Body=objects.as_json(live))

    def _is_settled(self, job: TrainedJob) -> bool:
        announced = objects.keys(self.s3, self.settings.bucket, job.deployment_key("announced/"))
        return any(job.deployment_key(f"announced/{state}.json") in announced for state in FINAL)

    def _clean_up(self, job: TrainedJob) -> Outcome:
        """After the announcement, because its marker keeps a second message from creating the endpoint again."""
        if objects.exists(self.s3, self.settings.bucket, job.deployment_key("announced/failed.json")):
            self.hosting.remove_failed(job)
        return Outcome.DONE

    def _settle(self, job: TrainedJob, state: str, notice: Notice) -> Outcome:
        outcome = self.announcer.announce(job.deployment_key(f"announced/{state}"), notice)
        if outcome is Outcome.DONE:
            self.count(f"Model_{state}")
        return outcome

    def _end(self, job: TrainedJob, state: str) -> Outcome:
        """Without a word to people; the record says that this deployment needs nothing any more."""
        key = job.deployment_key(f"announced/{state}.json")
        objects.put_once(self.s3, self.settings.bucket, key, objects.as_json({"at": self.now().isoformat()}))
        return Outcome.DONE

    def _serving_now(self) -> str:
        return notices.serving_now(self._serving())

    def _serving(self) -> str | None:
        endpoint = self.hosting.endpoint()
        return endpoint.config if endpoint and endpoint.answers else None
