"""Sensitive values: scored as they are, kept by their pseudonyms, and not scored at all without the key."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from functions.archive.lines import line
from functions.lists.handler import handler as edit_list
from functions.lists.handler import wire as wire_lists
from functions.score.hiding import Hiding
from model.counters import digest, short_hash
from model.pseudonyms import Pseudonyms, telling
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, HISTORY, LISTS, LISTS_SETTINGS, TABLE, client, sample_event
from tests.functions.fakes import Clock
from tests.functions.rules import put_in_force
from tests.functions.world import FIRST, World, build
from tests.model.hiding import sensitive

SCHEMA = sensitive("card_id", "email", "ip_address")
SENT = {"card_id": "4929123412341234", "email": "Jo.Doe@Private.example", "ip_address": "203.0.113.77"}
SHOWING = ("4929123412341234", "jo.doe", "private.example", "203.0.113")
RULES = """rules:
  - {name: this-card, when: "card_id == '4929123412341234'", outcome: block}
  - {name: this-domain, when: "features.email_domain == 'private.example'", outcome: review, shadow: true}
  - {name: denied, when: size(denied) > 0, outcome: review, shadow: true}
"""


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    made = build(s3, table, context)
    made.serve(contract(FIRST, schema=SCHEMA))
    return made


def stored() -> str:
    """All that the tables hold, as text."""
    return json.dumps([client("dynamodb").scan(TableName=name)["Items"] for name in (TABLE, HISTORY, LISTS)]).lower()


def shows(text: str) -> list[str]:
    return [part for part in SHOWING if part in text.lower()]


def test_no_table_holds_a_sensitive_value_or_a_hash_that_can_be_tried(world):
    put_in_force(world.s3, RULES)
    assert world.score(**SENT, customer_id="customer-17")[0] == 200
    assert shows(stored()) == []
    assert digest("customer-17") in stored()
    assert not [name for name, value in SENT.items() if digest(SCHEMA.by_name[name].identity(value)) in stored()]
    partners = {number for row in client("dynamodb").scan(TableName=HISTORY)["Items"] for number in members(row)}
    assert short_hash("customer-17") in partners
    assert not partners & {short_hash(SCHEMA.by_name[name].identity(value)) for name, value in SENT.items()}


def members(row: dict[str, Any]) -> list[int]:
    return [int(number) for value in row.values() for number in value.get("NS", ())]


def test_the_answer_the_kept_decision_and_the_log_show_pseudonyms(world):
    put_in_force(world.s3, RULES)
    _, answer, _ = world.score(**SENT)
    _, kept, _ = world.find(answer["transaction_id"])
    (item,) = client("dynamodb").scan(TableName=TABLE)["Items"]
    record: Any = SimpleNamespace(event_id="e", raw_event={"dynamodb": {"NewImage": item}})
    assert [shows(json.dumps(answer)), shows(json.dumps(kept)), shows(line(record).decode())] == [[], [], []]
    pseudonym = Pseudonyms(b"k" * 64).of(SCHEMA.by_name["card_id"], SENT["card_id"])
    assert kept["transaction"]["card_id"] == pseudonym
    assert kept["rule"] == {"name": "this-card", "values": {"card_id": pseudonym}}
    assert kept["shadow_rules"][0] == {
        "name": "this-domain",
        "outcome": "review",
        "values": {"features.email_domain": None},
    }
    assert not telling(SCHEMA) & kept["features"].keys()
    assert kept["features"]["card_count_1h"] == 0.0


def test_the_model_is_asked_with_the_parts_of_the_value_itself(world):
    world.score(**SENT)
    assert b"private.example" in world.endpoint.requests[0]["Body"]


def test_sent_again_it_gets_the_same_answer_and_another_value_is_other_content(world):
    first = world.score(**SENT)
    assert world.score(**SENT)[:2] == first[:2]
    assert world.score(**SENT | {"email": "jo.doe@PRIVATE.example"})[:2] == first[:2]
    assert world.score(**SENT | {"card_id": "4929123412341235"})[0] == 409


def test_the_second_payment_of_a_card_is_compared_with_the_first(world):
    world.score(**SENT, transaction_id="tx-1")
    world.score(**SENT, transaction_id="tx-2")
    _, kept, _ = world.find("tx-2")
    assert (kept["features"]["card_count_1h"], kept["features"]["email_count_1h"]) == (1.0, 1.0)


def test_a_listed_value_is_found_by_its_pseudonym(world, s3, context):
    put_in_force(s3, RULES)
    s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=live_with_contract(s3))
    ports = wire_lists(LISTS_SETTINGS, s3, client("dynamodb"), lambda: world.secrets, Clock())  # type: ignore[arg-type]
    body = json.dumps({"field": "email", "value": "JO.DOE@private.example", "list": "deny"})
    assert edit_list(sample_event("lists-deny") | {"body": body}, context, ports=ports)["statusCode"] == 200
    assert shows(stored()) == []
    world.score(**SENT)
    _, kept, _ = world.call(sample_event("score-get-decision"))
    assert kept["lists"] == {"denied": ["email"]}


def live_with_contract(s3: Any) -> bytes:
    live = json.loads(s3.get_object(Bucket=BUCKET, Key="config/live.json")["Body"].read())
    return json.dumps(live | {"contract": f"runs/{FIRST}/contract.json"}).encode()


def test_the_key_is_read_once_and_not_where_nothing_is_sensitive(world):
    world.score(**dict.fromkeys(SENT, None) | {"card_id": "k", "transaction_id": "tx-1"})
    world.score(**SENT | {"transaction_id": "tx-2"})
    assert world.secrets.reads == 1
    world.serve(contract(FIRST.replace("1", "3")))
    world.seconds[0] += 60
    world.score(**SENT | {"transaction_id": "tx-3"})
    assert world.secrets.reads == 1


def without_model(world: World) -> None:
    world.s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    schema = json.dumps(SCHEMA.to_dict()).encode()  # JSON is YAML
    world.s3.put_object(Bucket=BUCKET, Key="config/schema.yaml", Body=schema)


@pytest.mark.parametrize("prepare", [lambda world: None, without_model], ids=["model", "no model"])
def test_without_the_key_nothing_is_decided_or_kept_until_it_can_be_read(world, prepare: Callable[[World], None]):
    prepare(world)
    world.secrets.fails = True
    status, answer, headers = world.score(**SENT)
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
    assert "key of sensitive fields" in answer["error"]["message"]
    assert json.loads(stored()) == [[], [], []]
    world.secrets.fails = False
    assert world.score(**SENT)[0] == 200
    assert shows(stored()) == []


def test_a_key_that_hides_nothing_is_as_good_as_none(world):
    world.secrets.key = "short"
    assert world.score(**SENT)[0] == 503


def test_a_transaction_without_a_sensitive_value_needs_no_key(world):
    world.secrets.fails = True
    world.serve(contract(FIRST, schema=sensitive("email")))
    assert world.score(email=None)[0] == 200


def test_in_a_batch_only_those_without_the_key_are_refused(world):
    world.serve(contract("fraud-2222222222222222", schema=sensitive("email")))
    world.seconds[0] += 60
    world.secrets.fails = True
    sent = json.loads(sample_event("score-valid")["body"])
    batch = [sent | {"transaction_id": "tx-1", "email": None}, sent | {"transaction_id": "tx-2", "email": "a@b.c"}]
    _, answer, _ = world.score_batch(*batch)
    assert [one.get("outcome") or one["error"]["code"] for one in answer["decisions"]] == ["approve", "unavailable"]


def test_a_key_that_comes_late_is_not_waited_for_longer_than_the_budget(world):
    """A read that was not waited for goes on, and the next request finds the key."""
    came = Event()

    class Late:
        def get_secret_value(self, **request: Any) -> Any:
            came.wait(60)
            return world.secrets.get_secret_value(**request)

    with ThreadPoolExecutor(2) as threads:
        key = replace(world.scoring.hiding.key, connect=Late)  # type: ignore[arg-type]
        hiding = Hiding(key, threads)
        transaction = SCHEMA.validate(json.loads(sample_event("score-valid")["body"]) | SENT)
        with pytest.raises(Exception, match="key of sensitive fields"):
            hiding.hide(SCHEMA, transaction, 0.01)
        came.set()
    assert key.is_known
    assert hiding.hide(SCHEMA, transaction, 0.0).kept["card_id"] != SENT["card_id"]
