"""A history that cannot be read costs the decision knowledge, and the event is counted all the same, once."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import StringIO
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ReadTimeoutError

from functions.score.deadline import Deadline
from functions.score.decisions import Row
from tests.functions.artefacts import contract
from tests.functions.conftest import HISTORY, TABLE, sample_event
from tests.functions.fakes import START, client_error
from tests.functions.test_score_history import SAMPLE, later, replayed, stored
from tests.functions.world import FIRST, World, build

PLAN = contract(FIRST).schema.history_plan
BEFORE = SAMPLE | {"transaction_id": "tx-0", "timestamp": later(minutes=-10)}


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


class Unreadable:
    """Tables that cannot be read; written to they can be."""

    def __init__(self, real: Any, refuse: Callable[[], None]) -> None:
        self.real, self.refuse = real, refuse

    def batch_get_item(self, **request: Any) -> Any:
        self.refuse()
        return self.real.batch_get_item(**request)


class Throttled:
    """Leaves some entities of the history for later."""

    def __init__(self, real: Any, *fields: str) -> None:
        self.real, self.fields = real, fields

    def batch_get_item(self, **request: Any) -> Any:
        wanted = request["RequestItems"][HISTORY]
        later = [key for key in wanted["Keys"] if key["entity"]["S"].split("#")[1] in self.fields]
        now = [key for key in wanted["Keys"] if key not in later]
        answer = self.real.batch_get_item(RequestItems=request["RequestItems"] | {HISTORY: wanted | {"Keys": now}})
        return answer | ({"UnprocessedKeys": {HISTORY: wanted | {"Keys": later}}} if later else {})


def refused() -> None:
    raise client_error("InternalServerError", "sorry")


def timed_out() -> None:
    raise ReadTimeoutError(endpoint_url="https://dynamodb")


def read_from(world: World, table: Any) -> None:
    tables = replace(world.scoring.tables, table=table, logger=world.scoring.logger)
    world.scoring = replace(world.scoring, tables=tables)


def details(world: World) -> dict[str, Any]:
    status, found, _ = world.call(sample_event("score-get-decision"))
    assert status == 200
    return found


@pytest.mark.parametrize("refuse", [refused, timed_out])
@pytest.mark.parametrize("known", [True, False], ids=["known entities", "new entities"])
def test_nothing_read_is_scored_as_if_never_seen_and_marked(world, table, refuse, known):
    if known:
        world.score(**BEFORE)
    log = StringIO()
    world.scoring = replace(world.scoring, logger=Logger(service=f"reading-{uuid4()}", stream=log))
    read_from(world, Unreadable(table, refuse))
    status, answer, _ = world.score()
    assert (status, answer["scored_by"], answer["history"]) == (200, "endpoint", "unavailable")
    found = details(world)
    assert found["history"] == "unavailable"
    assert (found["features"]["customer_count_1d"], found["features"]["customer_seconds_known"]) == (0, None)
    assert "HistoryUnavailable" in world.counted
    assert "InternalServerError" in log.getvalue() or "Read timeout" in log.getvalue()


@pytest.mark.parametrize("known", [True, False], ids=["known entities", "new entities"])
def test_what_could_not_be_read_is_counted_once_all_the_same(world, table, known):
    before = [BEFORE] if known else []
    for payload in before:
        world.score(**payload)
    read_from(world, Unreadable(table, refused))
    _, answer, _ = world.score()
    assert stored(table) == replayed(*before, SAMPLE)
    assert world.score()[1] == answer  # again, it is the stored answer, and counts nothing
    assert stored(table) == replayed(*before, SAMPLE)


@pytest.mark.parametrize("known", [True, False], ids=["known entities", "new entities"])
@pytest.mark.parametrize("entity", [entity.field for entity in PLAN.entities])
def test_of_those_that_were_read_everything_is_known(world, table, entity, known):
    before = [BEFORE] if known else []
    for payload in before:
        world.score(**payload)
    read_from(world, Throttled(table, entity))
    assert world.score()[1]["history"] == "partial"
    found = details(world)["features"]
    for other in PLAN.entities:
        assert found[f"{other.short}_count_1d"] == (known and other.field != entity)
    assert stored(table) == replayed(*before, SAMPLE)


def test_a_history_that_takes_too_long_is_not_waited_for(world, table):
    released = Event()
    read_from(world, Unreadable(table, lambda: (released.wait(60), None)[1]))
    patient = world.scoring.deadline
    world.scoring = replace(world.scoring, deadline=partial(Deadline.after, 0.5, time.monotonic))
    try:
        status, answer, _ = world.score()
    finally:
        released.set()
    assert status == 200 and answer["history"] == "unavailable"
    world.scoring = replace(world.scoring, deadline=patient)
    assert "history" not in world.score(transaction_id="tx-2")[1]
    assert stored(table) == replayed(SAMPLE, SAMPLE | {"transaction_id": "tx-2"})


def test_a_quarter_of_the_time_is_left_to_the_endpoint():
    seconds = [100.0]
    deadline = Deadline.after(0.8, lambda: seconds[0])
    assert deadline.left_for_history() == pytest.approx(0.6)
    seconds[0] += 0.6
    assert (deadline.left_for_history(), deadline.left()) == (pytest.approx(0), pytest.approx(0.2))
    seconds[0] += 1
    assert (deadline.left_for_history(), deadline.left()) == (0, 0)


def test_what_was_not_read_is_no_reason(world, table):
    read_from(world, Throttled(table, "customer_id"))
    world.endpoint.probability = 0.7
    world.endpoint.contributions = {
        "amount": 0.1,
        "customer_count_1d": 3.0,
        "customer_new_terminal": 2.0,
        "terminal_distinct_customer": 2.0,
        "terminal_count_1d": 0.5,
    }
    _, answer, _ = world.score()
    told = {reason["feature"] for reason in answer["reasons"]}
    assert told == {"amount", "terminal_count_1d", "terminal_distinct_customer"}


def test_a_label_finds_the_counters_of_what_was_not_read(world, table):
    read_from(world, Unreadable(table, refused))
    world.score()
    kept = Row.from_item(table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "tx-1"}})["Item"])
    assert set(kept.values["history"]["keys"]) == set(stored(table))
    assert kept.values["history"]["label"]


def test_an_event_that_does_not_count_is_marked_too(world, table):
    read_from(world, Unreadable(table, refused))
    ahead = START.replace(year=START.year + 1).isoformat()
    assert world.score(timestamp=ahead)[1]["history"] == "unavailable"
    assert stored(table) == {}


def test_a_transaction_without_entities_lacks_no_history(world, table):
    read_from(world, Throttled(table, "terminal_id"))
    assert "history" not in world.score(terminal_id=...)[1]


def test_a_store_that_cannot_be_written_either_is_503_and_nothing_is_counted(world, table):
    class Down(Unreadable):
        def transact_write_items(self, **_: Any) -> None:
            raise client_error("InternalServerError")

    down = Down(table, refused)
    read_from(world, down)
    world.scoring = replace(world.scoring, recorder=replace(world.scoring.recorder, table=down))
    status, answer, headers = world.score()
    assert (status, answer["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "2")
    assert stored(table) == {} and table.scan(TableName=TABLE)["Count"] == 0


def test_a_mistake_of_our_own_is_not_taken_for_a_slow_table(world):
    def wrong() -> None:
        raise RuntimeError("a mistake")

    read_from(world, Unreadable(None, wrong))
    with pytest.raises(RuntimeError, match="a mistake"):
        world.score()
