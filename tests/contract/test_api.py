"""Who may call the API, in the document that SAM makes of the template: without and with signatures."""

from functools import cache
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.contract import template

FOR_LOAD_BALANCERS = ("/health", "get")


@cache
def deployed(authorizer: str) -> dict[str, Any]:
    """The resources as CloudFormation gets them."""
    document = yaml_parse((template.ROOT / "template.yaml").read_text("utf-8"))
    document["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"  # as `sam deploy` does, after the upload
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        translated = Translator({}, Parser()).translate(document, {"ApiAuthorizer": authorizer})
    return dict(translated["Resources"])


def security(authorizer: str) -> dict[tuple[str, str], set[str]]:
    paths = deployed(authorizer)["Api"]["Properties"]["Body"]["paths"]
    return {
        (path, method): {name for asked in operation["security"] for name in asked}
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def test_every_path_but_one_wants_a_key():
    found = security("NONE")
    assert found.pop(FOR_LOAD_BALANCERS) == set()
    assert len(found) >= 8
    assert set(map(frozenset, found.values())) == {frozenset({"api_key"})}


def test_with_signatures_every_path_wants_one():
    found = security("AWS_IAM")
    assert found.pop(FOR_LOAD_BALANCERS) == {"AWS_IAM"}
    assert set(map(frozenset, found.values())) == {frozenset({"AWS_IAM", "api_key"})}
    definition = deployed("AWS_IAM")["Api"]["Properties"]["Body"]["securityDefinitions"]["AWS_IAM"]
    assert definition["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_functions_are_invoked_by_the_gateway_and_not_in_the_name_of_its_callers():
    for path in deployed("AWS_IAM")["Api"]["Properties"]["Body"]["paths"].values():
        for operation in path.values():
            assert "credentials" not in operation["x-amazon-apigateway-integration"]


def test_nobody_is_asked_for_less_by_default():
    parameters = template.document()["Parameters"]
    assert parameters["ApiAuthorizer"] == parameters["ApiAuthorizer"] | {
        "Default": "NONE",
        "AllowedValues": ["NONE", "AWS_IAM"],
    }


def test_a_web_acl_stands_before_the_stage_where_one_is_named():
    association = deployed("NONE")["WebAclAssociation"]
    assert association["Condition"] == "HasWebAcl"
    assert template.document()["Conditions"]["HasWebAcl"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebAclArn"}, ""]}]}
    assert association["Properties"]["WebACLArn"] == {"Ref": "WebAclArn"}
    arn, values = association["Properties"]["ResourceArn"]["Fn::Sub"]
    stage = deployed("NONE")[values["Stage"]["Ref"]]["Properties"]["StageName"]
    built = template.resolve({"Fn::Sub": arn}, Api="abc123", Stage=stage)
    assert built == "arn:aws:apigateway:us-east-1::/restapis/abc123/stages/v1"


def test_each_key_has_limits_of_its_own_and_a_quota_where_one_is_asked_for():
    plan = template.properties("ApiUsagePlan")
    assert plan["Throttle"] == {"RateLimit": {"Ref": "ApiKeyRateLimit"}, "BurstLimit": {"Ref": "ApiKeyBurstLimit"}}
    condition, quota, otherwise = plan["Quota"]["Fn::If"]
    assert template.document()["Conditions"][condition] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "ApiKeyDailyQuota"}, 0]}]
    }
    assert quota == {"Limit": {"Ref": "ApiKeyDailyQuota"}, "Period": "DAY"}
    assert otherwise == {"Ref": "AWS::NoValue"}
