"""Events are delivered with best effort: jobs that ended and approvals that nobody has handled are told once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from functions.aws import errors, names
from functions.monitor import notices
from functions.monitor.messages import AGAIN_AFTER, Messages
from functions.monitor.records import Records

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

ON_ITS_WAY = timedelta(minutes=10)  # an event may be late, and its message be in hands at this moment
LOOKED_BACK = timedelta(days=7)
MOST = 50  # of the youngest
ENDED = ("Completed", "Failed", "Stopped")
NOT_LIVE = frozenset({"pending", "rejected"})  # what only an approval changes


@dataclass(frozen=True)
class Lost:
    sagemaker: SageMakerClient
    records: Records
    messages: Messages
    stack: str
    now: Callable[[], datetime]

    def tell(self) -> None:
        for job in self._jobs():
            if self._is_lost(job):
                name = job["TrainingJobName"]
                notice = notices.job_unheard(self.stack, name, job["TrainingJobStatus"], job["TrainingEndTime"])
                self.messages.send(f"runs/{name}/", {"TrainingJobName": name}, notice)
        for package in self._packages():
            self._tell_approval(package)

    def _is_lost(self, job: dict[str, Any]) -> bool:
        name, age = job["TrainingJobName"], self.now() - job["TrainingEndTime"]
        if age < ON_ITS_WAY or self.records.ends(name):
            return False
        if age < AGAIN_AFTER and self.records.is_begun(name):
            return False  # its message comes back by itself
        tags = self.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
        return names.carries_tag(cast("Any", tags), self.stack)

    def _tell_approval(self, package: dict[str, Any]) -> None:
        """Only of a model that had not gone live: whether one that had was approved again, its package does not say."""
        model, arn = package.get("ModelPackageDescription", ""), package["ModelPackageArn"]
        if not names.is_job(self.stack, model) or not self.records.ends(model) & NOT_LIVE:
            return
        if self.records.is_approved_later(model):
            return
        approved = self.sagemaker.describe_model_package(ModelPackageName=arn).get("LastModifiedTime")
        if approved is None or self.now() - approved < ON_ITS_WAY:
            return
        detail = {
            "ModelPackageArn": arn,
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
            "LastModifiedTime": approved.isoformat(),
        }
        self.messages.send(f"runs/{model}/unheard-approval/", detail, notices.approval_unheard(model, arn, approved))

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

    def _packages(self) -> Iterator[dict[str, Any]]:
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.stack,
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"MaxItems": MOST},
        )
        try:
            for package in (found for page in pages for found in page["ModelPackageSummaryList"]):
                yield dict(package)
        except ClientError as error:
            if not errors.is_missing(error):  # the group is made with its first package
                raise
