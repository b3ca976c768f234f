"""DynamoDB streams on the running server: what a function does not take is neither lost nor retried for ever."""

import json
import uuid
from typing import Any

import pytest

from .conftest import Host, eventually

REFUSES_AT_FIRST = """
seen = {}

def handler(event, context):
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["id"]["S"]
        seen[key] = seen.get(key, 0) + 1
        if key.startswith("flaky") and seen[key] < 3 or key.startswith("poison"):
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        print("TAKEN", key)
    return {"batchItemFailures": []}
"""
FAILS_WHEN_TOLD = """
import os

def handler(event, context):
    if os.environ["REFUSE"] == "yes":
        raise RuntimeError("not now")
    for record in event["Records"]:
        print("TAKEN", record["dynamodb"]["Keys"]["id"]["S"])
"""


def table(host: Host) -> tuple[str, str]:
    name = f"table-{uuid.uuid4().hex[:8]}"
    made = host.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return name, made["TableDescription"]["LatestStreamArn"]


def connect(host: Host, stream_arn: str, function: str, **options: Any) -> None:
    host.client("lambda").create_event_source_mapping(
        EventSourceArn=stream_arn,
        FunctionName=function,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **options,
    )


def put(host: Host, table_name: str, *keys: str) -> None:
    for key in keys:
        host.client("dynamodb").put_item(TableName=table_name, Item={"id": {"S": key}})


def taken(host: Host, function: str) -> list[str]:
    logs = host.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"].split()[1] for event in events if event["message"].startswith("TAKEN")]


def test_a_record_that_is_named_as_failed_comes_again_and_nothing_overtakes_it(host: Host) -> None:
    name, arn = table(host)
    function = host.function(REFUSES_AT_FIRST)
    connect(host, arn, function)
    put(host, name, "first", "flaky", "last")
    eventually("the last record", lambda: "last" in taken(host, function))
    assert taken(host, function) == ["first", "flaky", "last"]


def test_after_the_last_attempt_a_record_goes_to_the_failure_queue_and_the_others_go_on(host: Host) -> None:
    name, arn = table(host)
    function = host.function(REFUSES_AT_FIRST)
    sqs = host.client("sqs")
    queue = sqs.create_queue(QueueName=f"failures-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    connect(
        host,
        arn,
        function,
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": attributes["QueueArn"]}},
    )
    put(host, name, "poison", "healthy")
    eventually("the healthy record", lambda: "healthy" in taken(host, function))
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    failure = json.loads(message["Body"])
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1


@pytest.mark.usefixtures("own_host")
def test_undelivered_records_survive_a_restart(own_host: Host) -> None:
    from local import control

    name, arn = table(own_host)
    function = own_host.function(FAILS_WHEN_TOLD, REFUSE="no")
    connect(own_host, arn, function)
    put(own_host, name, "before")
    eventually("the first record", lambda: taken(own_host, function) == ["before"])
    changes = own_host.client("lambda")
    changes.update_function_configuration(FunctionName=function, Environment={"Variables": {"REFUSE": "yes"}})
    put(own_host, name, "kept")
    control.stop(own_host.home)
    again = Host(own_host.home, control.start(own_host.home, own_host.server.port))
    put(again, name, "after")
    changes.update_function_configuration(FunctionName=function, Environment={"Variables": {"REFUSE": "no"}})
    eventually("the others", lambda: taken(again, function) == ["before", "kept", "after"])
