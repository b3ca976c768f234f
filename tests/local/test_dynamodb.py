"""DynamoDB on this machine does what the history of entities relies on: transactions, all of one or nothing."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.aws import history
from model.history import Change

from .conftest import Host

EXPIRES = 2_000_000_000


@pytest.fixture(scope="module")
def tables(host: Host) -> tuple[str, str]:
    decisions, entities = f"decisions-{uuid.uuid4().hex[:8]}", f"history-{uuid.uuid4().hex[:8]}"
    for name, key in ((decisions, "transaction_id"), (entities, history.KEY)):
        host.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
    return decisions, entities


@pytest.fixture(scope="module")
def scorer(host: Host, tables: tuple[str, str]) -> Any:
    """A client with the permissions of the scoring function, and no others."""
    decisions, entities = (f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}" for name in tables)
    role = host.role("000000000000")
    host.allow(role, ["dynamodb:PutItem", "dynamodb:GetItem"], decisions)
    host.allow(role, ["dynamodb:UpdateItem", "dynamodb:GetItem"], entities, policy_name="history")
    return host.client("dynamodb", host.assume(role))


def put(table: str, transaction_id: str) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table,
            "Item": {"transaction_id": {"S": transaction_id}, "score": {"N": "1"}},
            "ConditionExpression": "attribute_not_exists(transaction_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def item(client: Any, table: str, key: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = client.get_item(TableName=table, Key={history.KEY: {"S": key}}).get("Item")
    return found


def test_a_transaction_adds_sets_removes_and_unites_sets_in_two_tables(scorer: Any, tables: tuple[str, str]) -> None:
    decisions, entities = tables
    changes = [
        Change(
            add={"n1.a": 1, "s1.a": 10**22}, put={"last": 5, "first": 5}, members={"m.1": frozenset({7, 2**32 - 1})}
        ),
        Change(
            add={"n1.a": 2, "s1.b": -3}, put={"last": 6}, drop=("first", "never.was"), members={"m.1": frozenset({8})}
        ),
    ]
    for number, change in enumerate(changes):
        updates = [{"Update": history.update(entities, key, change, EXPIRES)} for key in ("adds-a", "adds-b")]
        scorer.transact_write_items(TransactItems=[put(decisions, f"adds-{number}"), *updates])
    for key in ("adds-a", "adds-b"):
        found = item(scorer, entities, key)
        assert found is not None and found[history.EXPIRES_AT] == {"N": str(EXPIRES)}
        assert history.state(found) == {
            "n1.a": 3, "s1.a": 10**22, "s1.b": -3, "last": 6, "m.1": frozenset({7, 8, 2**32 - 1})
        }  # fmt: skip


def test_sums_are_exact_to_38_digits(scorer: Any, tables: tuple[str, str]) -> None:
    decisions, entities = tables
    for number, value in enumerate((10**37, 1, 10**28, -3)):
        update = {"Update": history.update(entities, "digits", Change(add={"x": value}), EXPIRES)}
        scorer.transact_write_items(TransactItems=[put(decisions, f"digits-{number}"), update])
    assert history.state(item(scorer, entities, "digits")) == {"x": 10**37 + 10**28 - 2}


def test_a_failed_condition_stops_the_whole_transaction_and_brings_the_items(
    scorer: Any, tables: tuple[str, str]
) -> None:
    decisions, entities = tables
    known = Change(add={"n": 1}, put={"last": 9})
    scorer.transact_write_items(
        TransactItems=[put(decisions, "old"), {"Update": history.update(entities, "cond", known, EXPIRES)}]
    )
    late = Change(add={"n": 1}, put={"last": 8}, newer_than=8)
    with pytest.raises(ClientError) as cancelled:
        scorer.transact_write_items(
            TransactItems=[
                put(decisions, "new"),
                {"Update": history.update(entities, "cond", late, EXPIRES)},
                {"Update": history.update(entities, "untouched", known, EXPIRES)},
            ]
        )
    assert cancelled.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed", "None"]
    assert history.state(reasons[1]["Item"]) == {"n": 1, "last": 9}
    assert item(scorer, entities, "untouched") is None
    with pytest.raises(ClientError) as twice:
        scorer.transact_write_items(
            TransactItems=[put(decisions, "old"), {"Update": history.update(entities, "untouched", known, EXPIRES)}]
        )
    assert twice.value.response["CancellationReasons"][0]["Item"]["transaction_id"] == {"S": "old"}
    assert item(scorer, entities, "untouched") is None


def test_each_member_of_a_transaction_needs_its_own_permission(
    host: Host, scorer: Any, tables: tuple[str, str]
) -> None:
    decisions, entities = tables
    allowed = Change(add={"n": 1})
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:UpdateItem"):
        update = history.update(decisions, "x", allowed, EXPIRES) | {"Key": {"transaction_id": {"S": "x"}}}
        scorer.transact_write_items(
            TransactItems=[{"Update": update}, {"Update": history.update(entities, "refused", allowed, EXPIRES)}]
        )
    assert item(scorer, entities, "refused") is None


def test_transactions_at_the_same_time_lose_nothing(scorer: Any, tables: tuple[str, str]) -> None:
    decisions, entities = tables

    def count(number: int) -> None:
        change = Change(add={"n": 1, f"n.{number % 5}": 1}, members={"m": frozenset({number})})
        updates = [{"Update": history.update(entities, key, change, EXPIRES)} for key in ("hot-a", "hot-b")]
        scorer.transact_write_items(TransactItems=[put(decisions, f"hot-{number}"), *updates])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(200)))
    for key in ("hot-a", "hot-b"):
        counted = history.state(item(scorer, entities, key))
        assert counted == {"n": 200, **{f"n.{rest}": 40 for rest in range(5)}, "m": frozenset(range(200))}


def test_a_request_sent_again_under_its_token_is_done_once(scorer: Any, tables: tuple[str, str]) -> None:
    decisions, entities = tables
    updates = [{"Update": history.update(entities, "token", Change(add={"n": 1}), EXPIRES)}]
    for _ in range(2):
        scorer.transact_write_items(TransactItems=[put(decisions, "token"), *updates], ClientRequestToken="one")
    assert history.state(item(scorer, entities, "token")) == {"n": 1}


def test_a_decision_of_a_transaction_reaches_the_stream(host: Host, scorer: Any, tables: tuple[str, str]) -> None:
    decisions, _ = tables
    scorer.transact_write_items(TransactItems=[put(decisions, "streamed")])
    streams = host.client("dynamodbstreams")
    arn = host.client("dynamodb").describe_table(TableName=decisions)["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    ours = [entry for entry in records if entry["dynamodb"]["Keys"]["transaction_id"] == {"S": "streamed"}]
    assert [entry["eventName"] for entry in ours] == ["INSERT"]
    assert ours[0]["dynamodb"]["NewImage"] == {"transaction_id": {"S": "streamed"}, "score": {"N": "1"}}


def test_a_large_change_fits_into_one_expression(scorer: Any, tables: tuple[str, str]) -> None:
    decisions, entities = tables
    full = Change(add={f"n4.{number:04x}": number for number in range(600)})
    for part in range(0, 600, 100):
        names = list(full.add)[part : part + 100]
        change = Change(add={name: full.add[name] for name in names})
        scorer.update_item(**history.update(entities, "large", change, EXPIRES))
    for left in (600 - history.MOST_DROPPED, 0):
        drop = tuple(history.state(item(scorer, entities, "large")).keys() - {"first", "last"})
        change = Change(drop=drop, put={"first": 1, "last": 2}, newer_than=2)
        update = {"Update": history.update(entities, "large", change, EXPIRES)}
        scorer.transact_write_items(TransactItems=[put(decisions, f"large-{time.time_ns()}"), update])
        assert len(history.state(item(scorer, entities, "large"))) == left + 2
        scorer.update_item(**history.update(entities, "large", Change(drop=("last",)), EXPIRES))
