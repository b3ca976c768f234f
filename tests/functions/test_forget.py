"""Forgetting deletes all that the tables hold of one entity and nothing of others, and names nobody."""

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from functions.forget.handler import ENOUGH_MS, handler, wire
from functions.settings import ForgetSettings
from model import history
from tests.contract import service_model
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, HISTORY, LISTS, STACK_KEY, TABLE, client
from tests.functions.rules import enlist
from tests.functions.world import FIRST, SECOND, World, build
from tests.model.hiding import sensitive

CARD = "4929-secret"
OLD_PLAN = "0ld0p1an"

FILES_NAME_PEOPLE = ("transactions/", "batch/", "decisions/", "runs/")


class Table:
    """moto's table behind a check of every request, with pages as small as a test likes."""

    def __init__(self) -> None:
        self.rows = 1000

    def scan(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "Scan", request) == []
        return client("dynamodb").scan(**request, Limit=self.rows)

    def delete_item(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "DeleteItem", request) == []
        return client("dynamodb").delete_item(**request)


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    made = build(s3, table, context)
    serve(made)
    return made


def serve(world: World, model: str = FIRST, *names: str) -> None:
    world.serve(contract(model, schema=sensitive(*names)), contract=f"runs/{model}/contract.json")
    world.seconds[0] += 60


@pytest.fixture
def log() -> StringIO:
    return StringIO()


@pytest.fixture
def forget(world, context, log):
    found = ForgetSettings(BUCKET, TABLE, HISTORY, LISTS, STACK_KEY)
    table, audit = Table(), Logger(service=f"forget-{uuid4()}", stream=log)  # of one name there is one logger

    def call(rows: int = 1000, **request: Any) -> dict[str, Any]:
        table.rows = rows
        ports = wire(found, world.s3, table, lambda: world.secrets, audit)
        return handler({"field": "card_id", "value": CARD} | request, context, ports=ports)

    return call


def items(table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client("dynamodb").scan(TableName=table)["Items"]
    return found


def remember(plan: str, field: str, value: str) -> None:
    key = history.key_under(plan, field, value)
    client("dynamodb").put_item(TableName=HISTORY, Item={"entity": {"S": key}, "last": {"N": "1"}})


def test_decisions_history_and_lists_forget_one_card_and_nobody_else(world, forget):
    world.score(transaction_id="tx-1", card_id=CARD)
    world.score(transaction_id="tx-2", card_id="other", customer_id=CARD)
    world.score(transaction_id="tx-3", card_id=CARD)
    enlist("card_id", CARD, "deny")
    enlist("card_id", "other", "deny")
    before = len(items(HISTORY))
    answer = forget()
    assert answer["deleted"] == {"history": 1, "lists": 1, "decisions": 2}
    assert (answer["done"], answer["decisions_read"], answer["decided_on"]) == (True, 3, ["2026-11-23"])
    assert [row["transaction_id"]["S"] for row in items(TABLE)] == ["tx-2"]
    assert len(items(HISTORY)) == before - 1
    assert len(items(LISTS)) == 1
    assert all(any(one.startswith(place) for one in answer["remains"]) for place in FILES_NAME_PEOPLE)


def test_done_again_it_finds_nothing_more(world, forget):
    world.score(card_id=CARD)
    forget()
    again = forget()
    assert (again["deleted"], again["done"]) == ({"history": 0, "lists": 0, "decisions": 0}, True)


def test_it_finds_them_by_their_pseudonym_and_by_what_was_kept_before_the_field_was_sensitive(world, forget):
    world.score(transaction_id="before", card_id=CARD)
    enlist("card_id", CARD, "deny")
    serve(world, SECOND, "card_id")
    world.score(transaction_id="since", card_id=CARD)
    world.score(transaction_id="other", card_id="other")
    client("s3").put_object(Bucket=BUCKET, Key=f"history/{sensitive().history_plan.id}/first.json", Body=b"{}")
    answer = forget()
    assert answer["deleted"] == {"history": 2, "lists": 1, "decisions": 2}
    assert [row["transaction_id"]["S"] for row in items(TABLE)] == ["other"]
    assert answer["logged_as"].startswith("hidden-")


def test_history_of_every_plan_that_was_ever_loaded_is_deleted(world, forget):
    client("s3").put_object(Bucket=BUCKET, Key=f"history/{OLD_PLAN}/first.json", Body=b"{}")
    client("s3").put_object(Bucket=BUCKET, Key=f"history/{OLD_PLAN}/in-use.json", Body=b"{}")
    remember(OLD_PLAN, "card_id", CARD)
    remember(OLD_PLAN, "card_id", "other")
    assert forget()["deleted"]["history"] == 1
    assert len(items(HISTORY)) == 1


def test_an_address_is_the_same_in_upper_and_lower_case(world, forget):
    world.score(transaction_id="tx-1", email="Jo@Mail.example")
    world.score(transaction_id="tx-2", email="jo@mail.EXAMPLE")
    enlist("email", "JO@mail.example", "allow")
    answer = forget(field="email", value="jo@MAIL.example")
    assert answer["deleted"] == {"history": 1, "lists": 1, "decisions": 2}


def test_a_value_that_only_looks_like_the_field_in_another_text_is_nobodys(world, forget):
    world.score(card_id='x", "card_id": "' + CARD)
    assert forget()["deleted"]["decisions"] == 0


def test_what_takes_too_long_is_told_and_goes_on_from_there(world, forget, context):
    for number in range(5):
        world.score(transaction_id=f"tx-{number}", card_id=CARD)
    context.seconds_left = ENOUGH_MS / 1000 - 1
    first = forget(rows=2)
    assert (first["done"], first["decisions_read"], first["deleted"]["decisions"]) == (False, 2, 2)
    context.seconds_left = 900
    second = forget(rows=2, continue_from=first["continue_from"])
    assert (second["done"], second["deleted"]["decisions"], second["continue_from"]) == (True, 3, None)
    assert items(TABLE) == []


def test_the_log_says_what_was_deleted_and_names_nobody(world, forget, log):
    world.score(card_id=CARD)
    forget()
    forget(field="customer_id", value={"secret": 1})
    forget(secret=1)
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    assert told[0]["deleted"] == {"history": 1, "lists": 0, "decisions": 1}
    assert (told[0]["field"], told[0]["done"]) == ("card_id", True)
    assert "secret" not in log.getvalue() and len(told) == 3


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"field": "amount"}, "field: expected one of customer_id, card_id, terminal_id, email, ip_address"),
        ({"field": ["card_id"]}, "field: expected one of"),
        ({"field": None}, "field: expected one of"),
        ({"value": None}, "value: is required and missing"),
        ({"field": "email", "value": None}, "value: is missing"),
        ({"field": "email", "value": "nobody"}, "value: must be an e-mail address"),
        ({"value": "x" * 65}, "value: must have at most 64 characters"),
        ({"continue_from": 7}, "continue_from: expected what the answer before said"),
        ({"other": 1}, "expected field, value, continue_from and nothing else"),
    ],
)
def test_an_unclear_request_deletes_nothing_and_says_what_was_expected(world, forget, request_, expected):
    world.score(card_id=CARD)
    assert expected in forget(**request_)["error"]
    assert len(items(TABLE)) == 1


def test_without_a_model_nobody_knows_the_fields(world, forget):
    world.s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    assert "no model serves yet" in forget()["error"]


def test_without_the_key_it_fails_for_somebody_could_be_known_by_a_pseudonym(world, forget):
    world.score(card_id=CARD)
    world.secrets.fails = True
    with pytest.raises(Exception, match="AccessDenied"):
        forget()
    assert len(items(TABLE)) == 1
