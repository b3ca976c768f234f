"""API Gateway's own answers are those of the API's definition, and it takes no larger body than AWS does."""

import json
import uuid
from typing import Any

import pytest
import requests

from tests.local.conftest import Host, eventually

LARGEST = 6 * 1024 * 1024
MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
TRACED = {"gatewayresponse.header.x-request-id": "context.requestId"}
RESPONSES = {
    "MISSING_AUTHENTICATION_TOKEN": {
        "statusCode": "404",
        "responseParameters": TRACED,
        "responseTemplates": {"application/json": '{"said": "no such path"}'},
    },
    "REQUEST_TOO_LARGE": {
        "statusCode": "400",
        "responseParameters": TRACED,
        "responseTemplates": {"application/json": '{"said": $context.error.messageString}'},
    },
}


@pytest.fixture(scope="module")
def api(host: Host) -> str:
    """Address of an API that CloudFormation made from a definition, as SAM writes one."""
    definition = {
        "swagger": "2.0",
        "info": {"title": "tried", "version": "1"},
        "paths": {"/here": {"post": {"responses": {}, "x-amazon-apigateway-integration": MOCK}}},
        "x-amazon-apigateway-gateway-responses": RESPONSES,
    }
    api: dict[str, Any] = {"Ref": "Api"}
    deployment = {"RestApiId": api, "StageName": "v1"}
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": definition}},
            "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": deployment},
        },
        "Outputs": {"Api": {"Value": api}},
    }
    cloudformation, name = host.client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def made() -> str | None:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        assert "FAILED" not in stack["StackStatus"] and "ROLLBACK" not in stack["StackStatus"], stack
        return stack["Outputs"][0]["OutputValue"] if stack["StackStatus"] == "CREATE_COMPLETE" else None

    return f"{host.server.url}/_aws/execute-api/{eventually('the stack', made)}/v1"


def test_an_answer_of_the_gateway_is_the_one_of_the_definition(api: str) -> None:
    answer = requests.get(f"{api}/nowhere", timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"said": "no such path"})
    assert answer.headers["x-request-id"]


def test_a_body_up_to_the_limit_is_taken_and_a_larger_one_is_refused_in_the_definitions_words(api: str) -> None:
    assert requests.post(f"{api}/here", data=b"x" * LARGEST, timeout=30).status_code == 200
    refused = requests.post(f"{api}/here", data=b"x" * (LARGEST + 1), timeout=30)
    assert (refused.status_code, refused.json()) == (400, {"said": "Request Too Long"})
    assert refused.headers["x-request-id"]


def test_other_services_take_more(host: Host) -> None:
    bucket = host.bucket()
    host.client("s3").put_object(Bucket=bucket, Key="large", Body=b"x" * (LARGEST + 1))
    assert len(host.objects(bucket)["large"]) == LARGEST + 1
