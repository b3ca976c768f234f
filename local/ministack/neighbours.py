"""A service of ours among MiniStack's: how requests reach it, and what it asks of the services around it."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app as ministack_app
from ministack.core import iam_evaluator, router
from ministack.services import eventbridge, iam, sts

from local.sagemaker.ports import AccessDeniedError

ACCOUNT = "000000000000"
REGION = "us-east-1"
CREDENTIALS_SECONDS = 36 * 3600
SAGEMAKER_ROUTES = {"target_prefixes": ["SageMaker."], "path_patterns": [r"^/endpoints/[^/]+/invocations$"]}

Answer = tuple[int, Mapping[str, str], bytes]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Answer]]


def mount(service: str, routes: Mapping[str, list[str]], handle: Handler) -> None:
    """Let MiniStack route a service of ours. Its signature is checked there; permissions are up to the handler."""
    ministack_app.SERVICE_HANDLERS[service] = handle
    others = dict(router.SERVICE_PATTERNS)
    router.SERVICE_PATTERNS.clear()
    router.SERVICE_PATTERNS.update({service: dict(routes), **others})


class Neighbours:
    """What our SageMaker needs from the services around it: permissions, credentials, events."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url

    def authorise(self, headers: Mapping[str, str], action: str, resource_arn: str, context: Mapping[str, str]) -> None:
        """Raise AccessDeniedError, in AWS's words, unless the caller's policies allow the action."""
        key = router.extract_access_key_id(dict(headers))
        namespace = action.partition(":")[0]
        denied = iam_evaluator.enforce(
            key, action, namespace, REGION, resource_arn=resource_arn, service_context=dict(context)
        )
        if denied is None:
            return
        if isinstance(denied, iam_evaluator.AuthError):
            raise AccessDeniedError(denied.message)
        explicit = "with an explicit deny in an identity-based policy"
        implicit = f"because no identity-based policy allows the {action} action"
        raise AccessDeniedError(
            f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {resource_arn} "
            f"{explicit if denied.decision == 'Deny' else implicit}"
        )

    def role_credentials(self, role_arn: str) -> dict[str, str]:
        return assume(role_arn, "sagemaker.amazonaws.com", "SageMaker")

    def publish(self, detail_type: str, resources: list[str], detail: Mapping[str, Any]) -> None:
        entry = {
            "Source": "aws.sagemaker",
            "DetailType": detail_type,
            "Resources": resources,
            "Detail": json.dumps(detail),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def assume(role_arn: str, service: str, session: str) -> dict[str, str]:
    """Temporary credentials of a role for a service that its trust policy names."""
    name = role_arn.rpartition("/")[2]
    role = iam._roles.get(name)
    if role is None or not trusts(role["AssumeRolePolicyDocument"], service):
        raise AccessDeniedError(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{service}' to assume the role."
        )
    credentials = {
        "AccessKeyId": "ASIA" + secrets.token_hex(8).upper(),
        "SecretAccessKey": secrets.token_hex(20),
        "SessionToken": secrets.token_hex(32),
    }
    sts.register_session(
        credentials["AccessKeyId"],
        {
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
            "UserId": f"{role['RoleId']}:{session}",
            "SecretAccessKey": credentials["SecretAccessKey"],
            "SessionToken": credentials["SessionToken"],
            "Expiration": time.time() + CREDENTIALS_SECONDS,
        },
    )
    return credentials


def trusts(policy: str | Mapping[str, Any], service: str) -> bool:
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principals = statement.get("Principal", {})
        named = principals.get("Service", []) if isinstance(principals, dict) else []
        if statement.get("Effect") == "Allow" and service in ([named] if isinstance(named, str) else named):
            return True
    return False
