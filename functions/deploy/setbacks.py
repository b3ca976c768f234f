"""What people are told of a model that the endpoint does not take, and what to do about it."""

from __future__ import annotations

from functions.aws.announcements import Notice
from functions.deploy.job import TrainedJob


def refused(job: TrainedJob, endpoint: str, obstacle: str, package: str, serving: str) -> Notice:
    return Notice(
        f"Not deployed: the endpoint cannot take model {job.name}",
        f"The endpoint {endpoint} cannot be updated to model {job.name}: {obstacle}.\n\n{serving}\n\n"
        "It was not attempted and is not tried again by itself. Set the template's parameters back, or remove the\n"
        "endpoint; until the next one is there, the scoring function walks the same trees itself:\n"
        f"  aws sagemaker delete-endpoint --endpoint-name {endpoint}\n"
        f"Then let the model go live:\n{_approve(package)}",
    )


def _approve(package: str) -> str:
    return f"  aws sagemaker update-model-package --model-package-arn {package} --model-approval-status Approved\n"
