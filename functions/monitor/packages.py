"""The stack's approved packages, the youngest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.aws import errors, names

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

MOST = 30


@dataclass(frozen=True)
class Package:
    arn: str
    model: str


@dataclass(frozen=True)
class Packages:
    sagemaker: SageMakerClient
    stack: str

    def approved(self) -> Iterator[Package]:
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.stack,
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"MaxItems": MOST},
        )
        try:
            for found in (package for page in pages for package in page["ModelPackageSummaryList"]):
                if names.is_job(self.stack, found.get("ModelPackageDescription", "")):
                    yield Package(found["ModelPackageArn"], found["ModelPackageDescription"])
        except ClientError as error:
            if not errors.is_missing(error):  # the group is made with its first package
                raise

    def changed_at(self, package: Package) -> datetime | None:
        return self.sagemaker.describe_model_package(ModelPackageName=package.arn).get("LastModifiedTime")
