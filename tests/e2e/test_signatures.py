"""A stack whose API wants signatures: deployed with SAM's own commands, called by people whom IAM allows it or not."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .stack import CREDENTIALS, Stack
from .test_by_hand import describe, sam

NAME = "fraud-signed"
ROOT = Credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"])


@pytest.fixture(scope="module")
def signed(stack: Stack) -> Iterator[Stack]:
    sam(stack, "build")
    sam(
        stack, "deploy", "--config-env", "local", "--stack-name", NAME, "--parameter-overrides", "ApiAuthorizer=AWS_IAM"
    )
    yield describe(stack, NAME)
    sam(stack, "delete", "--config-env", "local", "--stack-name", NAME, "--no-prompts")


def call(stack: Stack, path: str, credentials: Credentials | None, key: bool = True) -> requests.Response:
    headers = {"x-api-key": stack.api_key} if key else {}
    request = AWSRequest("GET", f"{stack.api_url}{path}", headers=headers)
    if credentials:
        SigV4Auth(credentials, "execute-api", stack.region).add_auth(request)
    return requests.get(request.url, headers=dict(request.headers), timeout=30)


@pytest.fixture
def user(stack: Stack) -> Iterator[Any]:
    iam, name = stack.client("iam"), f"caller-{os.urandom(4).hex()}"
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    yield iam, name, Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_nothing_is_answered_without_a_signature(signed: Stack) -> None:
    for path in ("/model", "/health", "/openapi.json"):
        refused = call(signed, path, None)
        assert refused.status_code in {403, 404}, path
        assert "not signed" in refused.json()["error"]["message"]


def test_a_signature_alone_is_not_enough_and_with_a_key_it_is(signed: Stack) -> None:
    assert call(signed, "/openapi.json", ROOT, key=False).status_code == 403
    assert call(signed, "/openapi.json", ROOT).status_code == 200
    assert call(signed, "/health", ROOT, key=False).status_code == 200


def test_a_wrong_signature_is_refused(signed: Stack) -> None:
    assert call(signed, "/openapi.json", Credentials(ROOT.access_key, "wrong")).status_code == 403


def test_who_signs_needs_the_permission_to_invoke(signed: Stack, user: Any) -> None:
    iam, name, credentials = user
    assert call(signed, "/openapi.json", credentials).status_code == 403
    allowed = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"arn:aws:execute-api:*:*:{signed.outputs['ApiId']}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=name, PolicyName="calls", PolicyDocument=policy)
    assert call(signed, "/openapi.json", credentials).status_code == 200
