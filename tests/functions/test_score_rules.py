"""Rules, lists and test ids decide over the model, the kept decision says so, and nothing of it can fail a request."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import EndpointConnectionError

from functions.archive.lines import line
from functions.score.decisions import NESTED_NOTES
from functions.score.rules import FRESH_FOR, RulesInForce
from functions.score.ruling import Ruling
from model import rules
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, HISTORY, LISTS, TABLE, client, sample_event
from tests.functions.fakes import START, AtOnce, client_error
from tests.functions.rules import AMOUNT_RULE, enlist, put_in_force
from tests.functions.world import FIRST, SECOND, World, build

PACKAGED = rules.version_of(rules.PACKAGED.read_bytes())


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


def decision(world: World, transaction_id: str = "tx-1") -> dict[str, Any]:
    status, found, _ = world.find(transaction_id)
    assert status == 200
    return found


def outcome(world: World, transaction_id: str) -> str:
    status, answer, _ = world.score(transaction_id=transaction_id)
    assert status == 200, answer
    return str(answer["outcome"])


def with_ports(world: World, s3: Any = None, table: Any = None) -> StringIO:
    """Other neighbours for rules and reads alone; what is logged."""
    log = StringIO()
    logger = Logger(service=f"ruling-{uuid4()}", stream=log)  # of one name there is one logger
    rules_in_force = RulesInForce(s3 or world.s3, BUCKET, lambda: world.seconds[0], logger)
    tables = replace(world.scoring.tables, table=table or client("dynamodb"), logger=logger)
    ruling = Ruling(rules_in_force, AtOnce(), world.counted.append)
    world.scoring = replace(world.scoring, tables=tables, ruling=ruling, logger=logger)
    return log


def test_without_rules_of_ones_own_the_packaged_ones_hold_and_the_model_decides(world):
    assert outcome(world, "tx-1") == "approve"
    kept = decision(world)
    assert (kept["rules_version"], kept["model_outcome"]) == (PACKAGED, "approve")
    assert not set(NESTED_NOTES) & set(kept)


def test_a_rule_decides_over_the_model_and_the_decision_says_which_and_why(world, s3):
    version = put_in_force(s3, AMOUNT_RULE)
    assert outcome(world, "tx-1") == "review"
    kept = decision(world)
    assert (kept["outcome"], kept["model_outcome"], kept["rules_version"]) == ("review", "approve", version)
    assert kept["rule"] == {"name": "above-twenty", "values": {"amount": 22.92}}
    assert "DecidedByRule" in world.counted and "Outcome_review" in world.counted


def test_the_answer_keeps_its_fields(world, s3):
    before = world.score()[1]
    put_in_force(s3, AMOUNT_RULE)
    world.seconds[0] += FRESH_FOR
    assert world.score(transaction_id="tx-2")[1] == before | {"transaction_id": "tx-2", "outcome": "review"}


def test_what_was_decided_stays_when_the_rules_change(world, s3):
    first = world.score()[:2]
    put_in_force(s3, AMOUNT_RULE)
    world.seconds[0] += FRESH_FOR
    assert world.score()[:2] == first


def test_new_rules_are_noticed_within_a_minute_and_so_is_their_end(world, s3):
    assert outcome(world, "tx-1") == "approve"
    put_in_force(s3, AMOUNT_RULE)
    world.seconds[0] += 60
    assert outcome(world, "tx-2") == "review"
    put_in_force(s3, None)
    world.seconds[0] += 60
    assert outcome(world, "tx-3") == "approve"
    assert decision(world, "tx-3")["rules_version"] == PACKAGED


def test_shadow_rules_are_noted_and_change_nothing(world, s3):
    put_in_force(s3, AMOUNT_RULE.replace("outcome: review", "outcome: block, shadow: true"))
    assert outcome(world, "tx-1") == "approve"
    kept = decision(world)
    assert kept["shadow_rules"] == [{"name": "above-twenty", "outcome": "block", "values": {"amount": 22.92}}]
    assert "rule" not in kept


def test_a_rule_without_an_answer_is_noted_and_counted(world, s3):
    put_in_force(s3, "rules:\n  - {name: odd, when: int(amount) / 0 > 1, outcome: block}\n" + AMOUNT_RULE[7:])
    assert outcome(world, "tx-1") == "review"
    assert decision(world)["rule_errors"] == ["odd"]
    assert "RuleErrors" in world.counted


def test_rules_that_do_not_fit_the_model_are_left_out_told_and_counted(world, s3):
    put_in_force(s3, "rules:\n  - {name: other, when: shop == 'x', outcome: block}\n" + AMOUNT_RULE[7:])
    log = with_ports(world)
    assert [outcome(world, f"tx-{number}") for number in (1, 2)] == ["review", "review"]
    assert decision(world)["rules_left_out"] == ["other"]
    assert world.counted.count("RulesLeftOut") == 2 and log.getvalue().count("do not fit") == 1


def test_rules_are_fitted_to_the_model_that_decided(world, s3):
    put_in_force(s3, "rules:\n  - {name: euro, when: currency == 'EUR', outcome: block}\n")
    assert outcome(world, "tx-1") == "block"
    schema = contract(FIRST).schema
    smaller = replace(schema, fields=tuple(f for f in schema.fields if f.name != "currency"), extra_columns="ignore")
    names = tuple(name for name in contract(FIRST).features if name != "currency")
    world.serve(contract(SECOND, schema=smaller, features=names), announce=False)
    assert outcome(world, "tx-2") == "approve"
    assert decision(world, "tx-2")["rules_left_out"] == ["euro"]


class Broken:
    """A bucket, or a table, that does not answer."""

    def __getattr__(self, operation: str) -> Any:
        def refuse(**_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://aws")

        return refuse


def test_rules_that_cannot_be_read_are_the_ones_known_before(world, s3):
    put_in_force(s3, AMOUNT_RULE)
    assert outcome(world, "tx-1") == "review"
    world.scoring.ruling.rules._s3 = Broken()
    world.seconds[0] += FRESH_FOR
    assert outcome(world, "tx-2") == "review"
    assert "unreadable" not in decision(world, "tx-2")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"text": 1}', b'{"text": "- a", "version": "", "since": "", "model": ""}']
)
def test_rules_that_make_no_sense_leave_the_packaged_ones_and_are_told(world, s3, body):
    s3.put_object(Bucket=BUCKET, Key="config/rules-in-force.json", Body=body)
    log = with_ports(world)
    assert outcome(world, "tx-1") == "approve"
    kept = decision(world)
    assert (kept["unreadable"], kept["rules_version"]) == (["rules"], PACKAGED)
    assert "RulesUnreadable" in world.counted and "could not be read" in log.getvalue()
    put_in_force(s3, AMOUNT_RULE)
    world.seconds[0] += 2
    assert outcome(world, "tx-2") == "review"


@pytest.mark.parametrize(("on", "expected"), [("deny", "block"), ("allow", "approve")])
def test_who_is_on_a_list_gets_what_the_packaged_rules_say(world, on, expected):
    world.endpoint.probability = 0.2
    assert outcome(world, "tx-1") == "review"
    enlist("card_id", "card-602e5898c7", on)
    assert outcome(world, "tx-2") == expected
    kept = decision(world, "tx-2")
    assert kept["lists"] == {{"deny": "denied", "allow": "allowed"}[on]: ["card_id"]}
    assert kept["rule"]["name"].startswith("on-the-")


def test_deny_comes_before_allow(world):
    enlist("customer_id", "C00471", "allow")
    enlist("email", "CUSTOMER471@example.net", "deny")
    assert outcome(world, "tx-1") == "block"
    assert decision(world)["lists"] == {"denied": ["email"], "allowed": ["customer_id"]}


def test_a_list_does_nothing_without_a_rule(world, s3):
    put_in_force(s3, "rules: []")
    enlist("card_id", "card-602e5898c7", "deny")
    assert outcome(world, "tx-1") == "approve"
    assert decision(world)["lists"] == {"denied": ["card_id"]}


@pytest.mark.parametrize(("seconds", "expected"), [(1, "block"), (0, "approve"), (-1, "approve")])
def test_an_expired_entry_that_is_still_in_the_table_does_not_count(world, seconds, expected):
    enlist("card_id", "card-602e5898c7", "deny", START + timedelta(seconds=seconds))
    assert outcome(world, "tx-1") == expected


class Throttled:
    """Answers for none of the lists' keys."""

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        wanted = request["RequestItems"]
        answer = client("dynamodb").batch_get_item(RequestItems={HISTORY: wanted[HISTORY]})
        return answer | {"UnprocessedKeys": {LISTS: wanted[LISTS]}}


class Forbidden:
    def batch_get_item(self, **_: Any) -> None:
        raise client_error("AccessDeniedException")


@pytest.mark.parametrize("broken", [Throttled(), Broken(), Forbidden()], ids=["throttled", "away", "not allowed"])
def test_lists_that_cannot_be_read_list_nobody_and_are_told(world, broken):
    enlist("card_id", "card-602e5898c7", "deny")
    with_ports(world, table=broken)
    assert outcome(world, "tx-1") == "approve"
    assert decision(world)["unreadable"] == ["lists"]
    assert "ListsUnreadable" in world.counted


def test_throttled_lists_cost_nobody_the_history(world):
    with_ports(world, table=Throttled())
    assert "history" not in world.score()[1]


def test_lists_and_history_are_read_in_one_request_for_all_whom_the_transaction_names(world):
    class Counting:
        requests: list[Any] = []  # noqa: RUF012 (of this test alone)

        def batch_get_item(self, **request: Any) -> Any:
            self.requests.append(request)
            return client("dynamodb").batch_get_item(**request)

    with_ports(world, table=Counting())
    world.score(terminal_id=...)
    (request,) = Counting.requests
    named = ["customer_id", "card_id", "email", "ip_address"]
    keys = {table: [key["entity"]["S"] for key in wanted["Keys"]] for table, wanted in request["RequestItems"].items()}
    assert [key.split("#")[0] for key in keys[LISTS]] == named
    assert sorted(key.split("#")[1] for key in keys[HISTORY]) == sorted(named)


@pytest.mark.parametrize("wanted", ["approve", "review", "block"])
def test_a_test_id_gets_its_outcome_whatever_model_and_rules_say(world, s3, wanted):
    put_in_force(s3, AMOUNT_RULE)
    name = f"test-{wanted}-1"
    assert outcome(world, name) == wanted
    kept = decision(world, name)
    assert (kept["test"], kept["model_outcome"]) == (True, "approve") and "rule" not in kept
    assert world.counted == ["TestTransaction"]


def test_another_test_id_is_scored_like_every_transaction(world, s3):
    put_in_force(s3, AMOUNT_RULE)
    assert outcome(world, "test-1") == "review"
    assert decision(world, "test-1")["test"] is True


def test_a_test_transaction_sees_the_history_and_leaves_none(world, table):
    world.score(transaction_id="tx-0")
    before = table.scan(TableName=HISTORY)["Items"]
    world.score(transaction_id="test-block-1", timestamp="2026-11-23T14:20:00Z")
    assert decision(world, "test-block-1")["features"]["customer_count_1d"] == 1
    assert table.scan(TableName=HISTORY)["Items"] == before
    item = table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "test-block-1"}})["Item"]
    assert json.loads(item["history"]["S"]) == {"keys": [], "label": {}}  # so that its label counts nowhere


def test_the_log_says_what_rules_did_and_what_was_a_test(world, s3, table):
    from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent

    put_in_force(s3, AMOUNT_RULE)
    for name in ("tx-1", "test-block-1"):
        world.score(transaction_id=name)
        image = table.get_item(TableName=TABLE, Key={"transaction_id": {"S": name}})["Item"]
        event = sample_event("archive-insert")
        event["Records"][0]["dynamodb"]["NewImage"] = image
        (record,) = DynamoDBStreamEvent(event).records
        logged = json.loads(line(record))
        assert logged["model_outcome"] == "approve"
        if name == "tx-1":
            assert logged["rule"]["name"] == "above-twenty" and "test" not in logged
        else:
            assert logged["test"] is True and logged["outcome"] == "block"


def test_values_of_a_transaction_do_not_get_into_the_log(world, s3):
    put_in_force(s3, "rules:\n  - {name: odd, when: int(card_id) > 1, outcome: block}\n")
    log = with_ports(world)
    world.score(card_id="4929-secret")
    assert decision(world)["rule_errors"] == ["odd"] and "secret" not in log.getvalue()
