"""Who calls, and whether IAM lets them: every operation asks here before it looks at anything."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.sagemaker.errors import invalid
from local.sagemaker.ports import AccessDeniedError, Ports
from local.sagemaker.state import Record

SERVICE = "sagemaker.amazonaws.com"


@dataclass(frozen=True)
class Caller:
    headers: Mapping[str, str]
    ports: Ports

    def authorise(self, action: str, arn: str, resource: Record | None = None) -> None:
        tags = (resource or {}).get("Tags", [])
        context = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}
        self.ports.authorise(self.headers, f"sagemaker:{action}", arn, context)

    def create(self, action: str, arn: str, request: Record) -> None:
        """Making a resource with tags needs sagemaker:AddTags on it as well."""
        context = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in request.get("Tags", [])}
        self.ports.authorise(self.headers, f"sagemaker:{action}", arn, context)
        if request.get("Tags"):
            self.ports.authorise(self.headers, "sagemaker:AddTags", arn, context)

    def pass_role(self, role_arn: str) -> None:
        self.ports.authorise(self.headers, "iam:PassRole", role_arn, {"iam:PassedToService": SERVICE})

    def describe_alarms(self) -> None:
        self.ports.authorise(self.headers, "cloudwatch:DescribeAlarms", "*", {})

    def check_assumable(self, role_arn: str) -> None:
        try:
            self.ports.role_credentials(role_arn)
        except AccessDeniedError:
            raise invalid(
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{SERVICE}' to assume the role."
            ) from None
