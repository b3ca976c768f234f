"""POST /lists puts one value on a list or takes it off; what is wrong is named, and no value is kept or logged."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import EndpointConnectionError

from functions.lists.handler import handler, wire
from model import lists
from model.pseudonyms import Pseudonyms
from model.schema import load
from tests.contract import service_model
from tests.functions import description
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, LISTS, LISTS_SETTINGS, client, sample_event
from tests.functions.fakes import START, Clock, FakeSecrets
from tests.model.hiding import sensitive

CARD = {"field": "card_id", "value": "k-1", "list": "deny"}


class Table:
    """moto's table behind a check of every request."""

    def put_item(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "PutItem", request) == []
        return client("dynamodb").put_item(**request)

    def delete_item(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "DeleteItem", request) == []
        return client("dynamodb").delete_item(**request)


@pytest.fixture
def secrets() -> FakeSecrets:
    return FakeSecrets()


@pytest.fixture
def ports(s3, table, secrets) -> Any:
    s3.put_object(Bucket=BUCKET, Key="runs/x/contract.json", Body=contract("fraud-1").to_json().encode())
    s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=b'{"contract": "runs/x/contract.json"}')
    return wire(LISTS_SETTINGS, s3, Table(), lambda: secrets, Clock())


@pytest.fixture
def post(ports, context):
    def call(**payload: Any) -> tuple[int, Any]:
        given = {name: value for name, value in payload.items() if value is not ...}
        event = sample_event("lists-deny") | {"body": json.dumps(given)}
        answer = handler(event, context, ports=ports)
        description.check(event, answer["statusCode"], answer["headers"], answer["body"])
        return answer["statusCode"], json.loads(answer["body"])

    return call


def listed(field: str, value: str) -> dict[str, Any] | None:
    key = lists.key(lists.fields(load())[field], value)
    return client("dynamodb").get_item(TableName=LISTS, Key={"entity": {"S": key}}).get("Item")


def test_a_value_is_put_on_a_list_until_it_expires(post):
    later = (START + timedelta(days=1)).isoformat()
    status, answer = post(**CARD, expires_at=later, note="volée, signalée par 👩‍💼")
    assert (status, answer) == (200, {"field": "card_id", "list": "deny", "expires_at": later})
    assert listed("card_id", "k-1") == {
        "entity": {"S": lists.key(load().by_name["card_id"], "k-1")},
        "list": {"S": "deny"},
        "added_at": {"S": START.isoformat()},
        "expires_at": {"N": str(int(START.timestamp()) + 86400)},
        "note": {"S": "volée, signalée par 👩‍💼"},
    }


def test_the_last_word_about_a_value_holds(post):
    post(**CARD, expires_at="2027-01-01T00:00:00+02:00", note="stolen")
    assert post(**CARD | {"list": "allow"})[1]["expires_at"] is None
    assert {"list": {"S": "allow"}}.items() <= listed("card_id", "k-1").items()
    assert not {"expires_at", "note"} & listed("card_id", "k-1").keys()
    for _ in range(2):
        assert post(**CARD | {"list": "none"}) == (200, {"field": "card_id", "list": "none", "expires_at": None})
    assert listed("card_id", "k-1") is None


def test_the_same_customer_is_the_same_however_it_is_written(post):
    post(field="email", value="A@Example.net", list="deny")
    assert listed("email", "a@example.net")
    post(field="customer_id", value=17, list="deny")
    assert listed("customer_id", "17")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"field": "amount"}, "field"),
        ({"field": "nobody"}, "field"),
        ({"field": ["card_id"]}, "field"),
        ({"field": ...}, "field"),
        ({"value": ...}, "value"),
        ({"value": ""}, "value"),
        ({"value": "x" * 65}, "value"),
        ({"value": {"a": 1}}, "value"),
        ({"value": 1.5}, "value"),
        ({"field": "email", "value": "nobody"}, "value"),
        ({"field": "terminal_id", "value": None}, "value"),
        ({"list": "block"}, "list"),
        ({"list": ...}, "list"),
        ({"list": ["deny"]}, "list"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2026-11-23T15:00:00Z"}, "expires_at"),
        ({"expires_at": 1795446000}, "expires_at"),
        ({"expires_at": " 2026-12-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2026-12-01T00:00:00"}, "expires_at"),
        ({"note": "x" * 201}, "note"),
        ({"note": "a\nb"}, "note"),
        ({"note": "a\u202eb"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"note": 5}, "note"),
        ({"list": "none", "note": "x"}, "note"),
        ({"list": "none", "expires_at": "2027-01-01T00:00:00Z"}, "expires_at"),
        ({"until": "2027-01-01"}, "until"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_listed(post, change, field):
    status, answer = post(**CARD | change)
    assert (status, answer["error"]["field"]) == (422, field)
    assert client("dynamodb").scan(TableName=LISTS)["Count"] == 0


@pytest.mark.parametrize("body", ["", "[]", "{", '{"list": "deny", "list": "allow"}', "x" * 70_000])
def test_what_is_not_one_json_object_is_refused(ports, context, body):
    answer = handler(sample_event("lists-deny") | {"body": body}, context, ports=ports)
    assert answer["statusCode"] == 400


def test_without_a_model_nobody_knows_the_fields(post, s3):
    s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    status, answer = post(**CARD)
    assert (status, answer["error"]["code"]) == (503, "no_model")


def test_a_contract_that_cannot_be_read_is_503(post, s3):
    s3.put_object(Bucket=BUCKET, Key="runs/x/contract.json", Body=b"{")
    assert post(**CARD)[0] == 503


def test_a_table_that_cannot_be_written_is_503_and_the_log_names_no_value(ports, context):
    class Away:
        def put_item(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    log = StringIO()
    broken = replace(ports, table=Away(), logger=Logger(service="lists", stream=log))
    body = json.dumps(CARD | {"value": "4929-secret", "note": "secret"})
    answer = handler(sample_event("lists-deny") | {"body": body}, context, ports=broken)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "2")
    assert "https://dynamodb" in log.getvalue() and "secret" not in log.getvalue()


@pytest.fixture
def sensitive_cards(s3):
    of_sensitive = contract("fraud-1", schema=sensitive("card_id"))
    s3.put_object(Bucket=BUCKET, Key="runs/x/contract.json", Body=of_sensitive.to_json().encode())


def test_a_sensitive_value_is_listed_by_its_pseudonym(post, sensitive_cards, secrets):
    field = sensitive("card_id").by_name["card_id"]
    assert post(**CARD)[0] == 200
    assert listed("card_id", "k-1") is None
    assert listed("card_id", Pseudonyms(secrets.key.encode()).of(field, "k-1"))
    assert post(**CARD | {"list": "none"})[0] == 200
    assert client("dynamodb").scan(TableName=LISTS)["Items"] == []


def test_without_the_key_a_sensitive_value_is_not_listed(post, sensitive_cards, secrets):
    secrets.fails = True
    status, answer = post(**CARD)
    assert (status, answer["error"]["code"]) == (503, "unavailable")
    assert client("dynamodb").scan(TableName=LISTS)["Items"] == []
    assert post(field="customer_id", value="c-1", list="deny")[0] == 200
