"""Each function may do exactly what its source calls: nothing is missing, nothing is granted for later."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.contract import calls, template

# Operations that go by another name in IAM.
ACTION_OF = {
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "ListObjectVersions"): "s3:ListBucketVersions",
    ("sagemaker-runtime", "InvokeEndpoint"): "sagemaker:InvokeEndpoint",
    ("s3", "CreateMultipartUpload"): "s3:PutObject",
    ("s3", "UploadPart"): "s3:PutObject",
    ("s3", "CompleteMultipartUpload"): "s3:PutObject",
}
# What a function's source does not show: Lambda does it in the function's name, or a request brings it along.
QUEUE = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
ENCRYPTED_TOPIC = {"kms:GenerateDataKey", "kms:Decrypt"}
ROLE_AND_TAGS = {"iam:PassRole", "sagemaker:AddTags"}  # of RoleArn and Tags in a request
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
TRANSACTION = {"dynamodb:PutItem", "dynamodb:UpdateItem"}  # of its members; it has no action of its own
BROUGHT_ALONG = {
    "train": LAMBDA | QUEUE | ENCRYPTED_TOPIC | ROLE_AND_TAGS,
    "deploy": LAMBDA | QUEUE | ENCRYPTED_TOPIC | ROLE_AND_TAGS,
    "monitor": LAMBDA | ENCRYPTED_TOPIC,
    "backfill": LAMBDA | QUEUE,
    "score": LAMBDA | TRANSACTION,
    "label": LAMBDA | QUEUE | ENCRYPTED_TOPIC | {"dynamodb:UpdateItem"},  # of its transactions' members
    "bulk": LAMBDA | QUEUE | ENCRYPTED_TOPIC | TRANSACTION,
    "rules": LAMBDA | QUEUE | ENCRYPTED_TOPIC,
    "lists": LAMBDA,
    "forget": LAMBDA,
    "archive": LAMBDA | STREAM | {"sqs:SendMessage"},  # of the mapping, when it gives up
    "teardown": LAMBDA,
}
# Where AWS knows no resource to name.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "dynamodb:ListStreams",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListModels",
    "sagemaker:ListEndpointConfigs",
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
}


def called(name: str) -> set[str]:
    actions = {ACTION_OF.get(call, f"{call[0]}:{call[1]}") for call in calls.of_function(name)}
    if name == "bulk":  # scores with the code of POST /score
        actions = actions | called("score")
    if name == "train":  # reads the schema's exact version, which is an action of its own
        actions = actions | {"s3:GetObjectVersion"}
    return actions - {"dynamodb:TransactWriteItems"}


def granted(name: str) -> set[str]:
    return {action for statement in template.policy(name) for action in template.as_list(statement["Action"])}


@pytest.mark.parametrize("name", template.FUNCTIONS)
def test_a_function_is_granted_exactly_what_it_calls(name):
    assert granted(name) == called(name) | BROUGHT_ALONG[name]


def test_the_list_of_calls_sees_calls_through_shared_modules():
    assert ("s3", "PutObject") in calls.of_function("deploy")
    assert ("s3", "PutObject") not in calls.of_function("score")
    assert ("sns", "Publish") in calls.of_function("train")
    assert ("sagemaker", "ListModels") in calls.of_function("teardown")


def every_statement() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, statement)
        for name, role in template.resources("AWS::IAM::Role").items()
        for inline in role["Properties"].get("Policies", [])
        for statement in inline["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize(("role", "statement"), every_statement(), ids=lambda value: str(value)[:40])
def test_no_statement_is_wider_than_aws_forces_it_to_be(role, statement):
    actions = template.as_list(statement["Action"])
    assert statement["Effect"] == "Allow"
    assert not [action for action in actions if "*" in action]
    if template.as_list(statement["Resource"]) == ["*"]:
        assert set(actions) <= WITHOUT_RESOURCE


def test_the_sagemaker_role_is_passed_to_sagemaker_alone():
    passing = [statement for _, statement in every_statement() if statement["Action"] == "iam:PassRole"]
    assert len(passing) == 2
    for statement in passing:
        assert template.resolve(statement["Resource"]) == "${SageMakerRole.Arn}"
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


@pytest.mark.parametrize("role", sorted(template.resources("AWS::IAM::Role")))
def test_no_function_has_a_managed_policy(role):
    managed = template.properties(role).get("ManagedPolicyArns", [])
    assert bool(managed) == (role == "ApiAccountRole")  # API Gateway checks for AWS's own


@pytest.mark.parametrize(
    ("name", "action", "resource", "allowed"),
    [
        ("train", "sagemaker:CreateTrainingJob", "training-job/fraud-4296854961e50a36", True),
        ("train", "sagemaker:CreateTrainingJob", "training-job/other-4296854961e50a36", False),
        ("deploy", "sagemaker:CreateModel", "model/fraud-4296854961e50a36", True),
        ("deploy", "sagemaker:CreateEndpoint", "endpoint/fraud-endpoint", True),
        ("deploy", "sagemaker:CreateEndpoint", "endpoint-config/fraud-4296854961e50a36", True),
        ("deploy", "sagemaker:DeleteEndpoint", "endpoint/fraud-eu-endpoint", False),
        ("deploy", "sagemaker:DeleteModel", "model/other", False),
        ("deploy", "sagemaker:CreateModelPackage", "model-package/fraud/1", True),
        ("deploy", "sagemaker:CreateModelPackage", "model-package-group/fraud", True),
        ("deploy", "sagemaker:CreateModelPackage", "model-package/fraud-eu/1", False),
        ("deploy", "sagemaker:ListModelPackages", "model-package-group/fraud-eu", False),
        ("deploy", "sagemaker:CreateEndpoint", "endpoint/fraud-candidate", True),
        ("deploy", "sagemaker:InvokeEndpoint", "endpoint/fraud-candidate", True),
        ("deploy", "sagemaker:InvokeEndpoint", "endpoint/fraud-eu-candidate", False),
        ("deploy", "sagemaker:UpdateModelPackage", "model-package/fraud-eu/1", False),
        ("teardown", "sagemaker:DeleteEndpoint", "endpoint/fraud-candidate", True),
        ("monitor", "sagemaker:DeleteModel", "model/fraud-4296854961e50a36", True),
        ("monitor", "sagemaker:DeleteModel", "model/other-4296854961e50a36", False),
        ("monitor", "sagemaker:DescribeEndpoint", "endpoint/fraud-eu-endpoint", False),
        ("monitor", "sagemaker:ListModelPackages", "model-package-group/fraud-eu", False),
        ("teardown", "sagemaker:DeleteModelPackageGroup", "model-package-group/fraud", True),
        ("teardown", "sagemaker:DeleteModelPackage", "model-package/other/1", False),
        ("score", "sagemaker:InvokeEndpoint", "endpoint/fraud-endpoint", True),
        ("score", "sagemaker:InvokeEndpoint", "endpoint/another", False),
        ("teardown", "sagemaker:DeleteEndpointConfig", "endpoint-config/fraud-4296854961e50a36-r2", True),
    ],
)
def test_sagemaker_actions_reach_this_stacks_resources_only(name, action, resource, allowed):
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:{resource}"
    patterns = [
        pattern
        for statement in template.policy(name)
        if action in template.as_list(statement["Action"])
        for pattern in template.as_list(template.resolve(statement["Resource"]))
    ]
    assert any(fnmatchcase(arn, pattern) for pattern in patterns) == allowed


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("config/live.json", True),
        ("config/schema.yaml", True),
        ("config/rules-in-force.json", True),
        ("config/rules.yaml", False),
        ("runs/fraud-4296854961e50a36/contract.json", True),
        ("runs/fraud-4296854961e50a36/trees.json.gz", True),
        ("runs/fraud-4296854961e50a36/output/model.tar.gz", False),
        ("transactions/january.csv", False),
        ("decisions/dt=2026-11-23/1", False),
    ],
)
def test_scoring_reads_what_it_needs_of_a_model_and_no_data(key, allowed):
    patterns = [
        pattern
        for statement in template.policy("score")
        if "s3:GetObject" in template.as_list(statement["Action"])
        for pattern in template.as_list(template.resolve(statement["Resource"]))
    ]
    assert any(fnmatchcase(f"${{Bucket.Arn}}/{key}", pattern) for pattern in patterns) == allowed


@pytest.mark.parametrize(
    ("action", "resource", "names"),
    [
        ("secretsmanager:GetSecretValue", "${StackKey.Id}", {"backfill", "score", "bulk", "lists", "forget"}),
        ("dynamodb:DeleteItem", "${DecisionsTable.Arn}", {"forget"}),
        ("dynamodb:Scan", "${DecisionsTable.Arn}", {"forget"}),
    ],
)
def test_what_few_functions_may_do_no_other_may(action, resource, names):
    allowed = {
        (name, reached)
        for name in template.FUNCTIONS
        for statement in template.policy(name)
        if action in template.as_list(statement["Action"])
        for reached in template.as_list(template.resolve(statement["Resource"]))
    }
    assert {name for name, reached in allowed if reached == resource} == names


RULES_OF_QUEUE = {
    "Uploads": ["Uploads"],
    "Deployments": ["Deployments", "Approvals"],
    "Labels": ["Labels"],
    "Bulk": ["Bulk"],
    "Rules": ["Rules"],
}


def test_queues_take_messages_from_their_rules_alone():
    for queue, rules in RULES_OF_QUEUE.items():
        (statement,) = template.properties(f"{queue}QueuePolicy")["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        sources = template.resolve(statement["Condition"])["ArnEquals"]["aws:SourceArn"]
        assert template.as_list(sources) == [f"${{{rule}Rule.Arn}}" for rule in rules]
