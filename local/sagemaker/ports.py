"""What this SageMaker needs from the stack around it. All of it is called on the event loop's thread."""

from collections.abc import Mapping
from typing import Any, Protocol


class AccessDeniedError(Exception):
    """IAM refuses the call; the message is the one the caller sees."""


class Ports(Protocol):
    @property
    def endpoint_url(self) -> str:
        """Where boto3 clients reach the stack (S3, CloudWatch Logs)."""

    def authorise(self, headers: Mapping[str, str], action: str, resource_arn: str, context: Mapping[str, str]) -> None:
        """Raise AccessDeniedError unless the signer of these headers may do `action` on `resource_arn`."""

    def role_credentials(self, role_arn: str) -> Mapping[str, Any]:
        """AccessKeyId, SecretAccessKey and SessionToken of the role, assumed by sagemaker.amazonaws.com.

        Raises AccessDeniedError when there is no such role or it does not trust SageMaker.
        """

    def publish(self, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        """Put an event of source aws.sagemaker on the default bus."""
