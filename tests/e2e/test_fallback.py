"""The endpoint goes, the history cannot be read: scoring goes on, and what happened is counted."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from model import history
from model.contract import Contract

from .replay import states
from .stack import Stack, wait_for

pytestmark = pytest.mark.usefixtures("alone")
CLOSE = 1e-6
STRANGERS = ("customer_id", "card_id", "terminal_id")
WITH_A_PAST = ("email", "ip_address")


def of_strangers(transactions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same payments of people nobody has met: nothing tells two such copies apart but their names."""
    mark = os.urandom(4).hex()
    return [
        {name: value for name, value in one.items() if name not in WITH_A_PAST}
        | dict.fromkeys((*STRANGERS, "transaction_id"), f"{mark}-{place}")
        for place, one in enumerate(transactions)
    ]


def score_all(stack: Stack, transactions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers = [stack.post("/score", json=one) for one in transactions]
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers][:3]
    return [answer.json() for answer in answers]


def status(stack: Stack) -> str | None:
    try:
        return str(stack.sagemaker.describe_endpoint(EndpointName=stack.endpoint_name)["EndpointStatus"])
    except ClientError:
        return None


@contextmanager
def no_endpoint(stack: Stack) -> Iterator[None]:
    described = stack.sagemaker.describe_endpoint(EndpointName=stack.endpoint_name)
    tags = stack.sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"]
    stack.sagemaker.delete_endpoint(EndpointName=stack.endpoint_name)
    wait_for("the endpoint's end", lambda: status(stack) is None)
    try:
        yield
    finally:
        if status(stack) is None:  # else the monitor has found out that it is gone
            stack.sagemaker.create_endpoint(
                EndpointName=stack.endpoint_name, EndpointConfigName=described["EndpointConfigName"], Tags=tags
            )
        wait_for("the endpoint's return", lambda: status(stack) == "InService")


def test_without_the_endpoint_the_same_trees_give_the_same_probability(
    stack: Stack, transactions: list[dict[str, Any]]
) -> None:
    some = transactions[:40]
    asked = score_all(stack, of_strangers(some))
    with no_endpoint(stack):
        walked = score_all(stack, of_strangers(some))
        kept = stack.get(f"/decisions/{walked[0]['transaction_id']}").json()

    assert {answer["scored_by"] for answer in asked} == {"endpoint"}
    assert {answer["scored_by"] for answer in walked} == {"fallback"}
    for one, other in zip(asked, walked, strict=True):
        assert other["fraud_probability"] == pytest.approx(one["fraud_probability"], abs=CLOSE)
        assert [other[name] for name in ("score", "outcome", "model")] == [
            one[name] for name in ("score", "outcome", "model")
        ]
    assert (kept["scored_by"], kept["score"]) == ("fallback", walked[0]["score"])

    def recovered() -> bool:
        return score_all(stack, of_strangers(some[:1]))[0]["scored_by"] == "endpoint"

    wait_for("an answer of the endpoint", recovered, 60)


@contextmanager
def unreadable_history(stack: Stack) -> Iterator[None]:
    """What the role of the function may not do is refused on this machine as in AWS."""
    iam, role = stack.client("iam"), stack.physical_id("ScoreRole")
    table = f"arn:aws:dynamodb:*:*:table/{stack.outputs['HistoryTableName']}"
    refusal = {"Effect": "Deny", "Action": "dynamodb:BatchGetItem", "Resource": table}
    document = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    iam.put_role_policy(RoleName=role, PolicyName="unreadable", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="unreadable")


def test_a_history_that_cannot_be_read_is_marked_and_counted_once_all_the_same(
    stack: Stack, transactions: list[dict[str, Any]]
) -> None:
    (payment,) = of_strangers(transactions[:1])
    first, second = (payment | {"transaction_id": f"{payment['transaction_id']}-{part}"} for part in "ab")
    with unreadable_history(stack):
        unread = score_all(stack, [first, second])
    (read,) = score_all(stack, [payment])

    assert [answer["history"] for answer in unread] == ["unavailable", "unavailable"]
    assert "history" not in read
    features = stack.get(f"/decisions/{payment['transaction_id']}").json()["features"]
    assert features["customer_count_30d"] == 2

    contract = Contract.from_json(stack.read_object(f"runs/{read['model']}/contract.json"))
    key = history.keys(contract.schema.history_plan, contract.schema.validate(payment))["customer_id"]
    (events,) = [value for name, value in states(stack, {key})[key].items() if name.startswith("d")]
    assert events == 3
