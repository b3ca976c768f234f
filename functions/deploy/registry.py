"""The model registry: every trained model is a package there, and its approval says whether it may serve."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.aws import errors, objects, requests
from functions.deploy.job import TrainedJob
from functions.settings import DeploySettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

APPROVED, PENDING, REJECTED = "Approved", "PendingManualApproval", "Rejected"


@dataclass(frozen=True)
class Package:
    arn: str
    job: str
    approval: str


@dataclass(frozen=True)
class Registry:
    s3: S3Client
    sagemaker: SageMakerClient
    settings: DeploySettings

    def ensure(self, job: TrainedJob, evaluation: dict[str, Any], verdict: dict[str, Any]) -> Package:
        """The job's package as it stands now; made if there is none. Two that make it at once send the same token."""
        return self._find(job) or self._create(job, evaluation, verdict)

    def describe(self, arn: str) -> Package | None:
        """None for packages of others, and for those that are gone."""
        try:
            found = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if errors.is_missing(error):
                return None
            raise
        if found.get("ModelPackageGroupName") != self.settings.stack_name:
            return None
        job = found.get("CustomerMetadataProperties", {}).get("training_job", "")
        return Package(found["ModelPackageArn"], job, found["ModelApprovalStatus"])

    def mark(self, job: TrainedJob, state: str, description: str) -> str:
        """Says on the job's package what became of it at the endpoint; answers the package's ARN."""
        package = self._find(job)
        if package is None:
            return ""
        marked: dict[str, Any] = requests.deployment_mark(package.arn, state, description)
        self.sagemaker.update_model_package(**marked)
        return package.arn

    def _find(self, job: TrainedJob) -> Package | None:
        """By its description: a list tells no more. It is younger than its job."""
        paginator = self.sagemaker.get_paginator("list_model_packages")
        group = self.settings.stack_name
        try:
            pages = list(paginator.paginate(ModelPackageGroupName=group, CreationTimeAfter=job.created))
        except ClientError as error:
            if errors.is_missing(error):  # the group is made with its first package
                return None
            raise
        for found in (package for page in pages for package in page["ModelPackageSummaryList"]):
            if found.get("ModelPackageDescription") == job.name:
                return Package(found["ModelPackageArn"], job.name, found["ModelApprovalStatus"])
        return None

    def _create(self, job: TrainedJob, evaluation: dict[str, Any], verdict: dict[str, Any]) -> Package:
        approval = self._approval(verdict)
        group: dict[str, Any] = requests.model_package_group(self.settings)
        package: dict[str, Any] = requests.model_package(
            self.settings, job.name, job.artefact_uri, approval, self._properties(job, evaluation, verdict)
        )
        try:
            self.sagemaker.create_model_package_group(**group)
        except ClientError as error:
            if not errors.exists_already(error):
                raise
        arn = self.sagemaker.create_model_package(**package)["ModelPackageArn"]
        return Package(arn, job.name, approval)

    def _approval(self, verdict: dict[str, Any]) -> str:
        if verdict["verdict"] == "reject":
            return REJECTED
        return APPROVED if self.settings.approval == "auto" else PENDING

    def _properties(self, job: TrainedJob, evaluation: dict[str, Any], verdict: dict[str, Any]) -> dict[str, str]:
        """What to know before it is approved: its figures, what it was made from, and where all else lies."""
        address = f"s3://{self.settings.bucket}"
        metrics = {name: evaluation.get("metrics", {}).get(name) for name in requests.METRICS}
        broken = " ".join(rule["rule"] for rule in verdict["rules"] if not rule["passed"])
        manifest = self._manifest(job)
        found = {
            "training_job": job.name,
            "gate": verdict["verdict"],
            "broken_rules": broken,
            **metrics,
            "schema_sha256": manifest.get("schema", {}).get("sha256"),
            "source_sha256": manifest.get("code", {}).get("sha256"),
            "manifest": f"{address}/{job.key('input/manifest.json')}" if manifest else None,
            "report": f"{address}/{job.key('report.html')}",
            "verdict": f"{address}/{job.key('gate.json')}",
        }
        return {name: str(value) for name, value in found.items() if value not in (None, "")}

    def _manifest(self, job: TrainedJob) -> dict[str, Any]:
        key = job.key("input/manifest.json")
        if not objects.exists(self.s3, self.settings.bucket, key):
            return {}
        return dict(json.loads(self.s3.get_object(Bucket=self.settings.bucket, Key=key)["Body"].read()))
