"""Commands of the AWS CLI that messages tell people to run, each as an indented line."""

from __future__ import annotations


def decide(package: str, status: str) -> str:
    """`status` is Approved or Rejected."""
    return f"  aws sagemaker update-model-package --model-package-arn {package} --model-approval-status {status}\n"


def list_packages(stack: str) -> str:
    return f"  aws sagemaker list-model-packages --model-package-group-name {stack}\n"


def approve_another(stack: str) -> str:
    """One of a list: which one, the reader has to say."""
    approve = "  aws sagemaker update-model-package --model-approval-status Approved --model-package-arn <its ARN>\n"
    return list_packages(stack) + approve
