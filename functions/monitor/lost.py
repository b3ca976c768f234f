"""Events are delivered with best effort: jobs that ended and approvals that nobody has handled are told once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from functions.aws import names
from functions.monitor import notices
from functions.monitor.messages import AGAIN_AFTER, Messages
from functions.monitor.packages import Package, Packages
from functions.monitor.records import Records

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

LOOKED_BACK = timedelta(days=7)
MOST = 50  # of the youngest
ENDED = ("Completed", "Failed", "Stopped")
NOT_LIVE = frozenset({"pending", "rejected"})  # what only an approval changes


@dataclass(frozen=True)
class Lost:
    sagemaker: SageMakerClient
    records: Records
    packages: Packages
    messages: Messages
    stack: str
    on_its_way: timedelta  # an event may be late, and its message be in hands at this moment
    now: Callable[[], datetime]

    def tell(self) -> None:
        for job in self._jobs():
            if self._is_lost(job):
                name = job["TrainingJobName"]
                notice = notices.job_unheard(self.stack, name, job["TrainingJobStatus"], job["TrainingEndTime"])
                self.messages.send(f"runs/{name}/", {"TrainingJobName": name}, notice)
        for package in self.packages.approved():
            self._tell_approval(package)

    def _is_lost(self, job: dict[str, Any]) -> bool:
        name, age = job["TrainingJobName"], self.now() - job["TrainingEndTime"]
        if age < self.on_its_way or self.records.ends(name):
            return False
        if age < AGAIN_AFTER and self.records.is_begun(name):
            return False  # its message comes back by itself
        tags = self.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
        return names.carries_tag(cast("Any", tags), self.stack)

    def _tell_approval(self, package: Package) -> None:
        """Only of a model that had not gone live: whether one that had was approved again, its package does not say."""
        if self.records.approved(package.model) or not self.records.ends(package.model) & NOT_LIVE:
            return
        approved = self.packages.changed_at(package)
        if approved is None or self.now() - approved < self.on_its_way:
            return
        detail = {
            "ModelPackageArn": package.arn,
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
            "LastModifiedTime": approved.isoformat(),
        }
        notice = notices.approval_unheard(package.model, package.arn, approved)
        self.messages.send(f"runs/{package.model}/unheard-approval/", detail, notice)

    def _jobs(self) -> Iterator[dict[str, Any]]:
        pages = self.sagemaker.get_paginator("list_training_jobs").paginate(
            NameContains=f"{self.stack}-",
            LastModifiedTimeAfter=self.now() - LOOKED_BACK,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"MaxItems": MOST},
        )
        for job in (found for page in pages for found in page["TrainingJobSummaries"]):
            ended = job["TrainingJobStatus"] in ENDED and "TrainingEndTime" in job
            if ended and names.is_job(self.stack, job["TrainingJobName"]):
                yield dict(job)
