"""What training knows of entities joins what live scoring knows: all of it, once, whatever happens in between."""

import gzip
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from functions.aws import history as items
from functions.aws.names import plan_in_use
from functions.backfill.handler import ENOUGH_MS, Ports, handler, wire
from functions.settings import BackfillSettings
from model import history, schema
from model.history_merge import merge
from model.history_state import apply
from model.pseudonyms import Pseudonyms
from tests.contract import service_model
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, HISTORY, STACK_KEY, client, read, sample_event, stored
from tests.functions.fakes import START, FakeSecrets, client_error
from tests.model.hiding import sensitive

JOB, NEXT = "fraud-4296854961e50a36", "fraud-5296854961e50a36"
SCHEMA = schema.load()
PLAN = SCHEMA.history_plan
States = dict[str, dict[str, Any]]


def happened(*minutes: int, customers: int = 1, amount: float = 10.0) -> States:
    """The states by key after events of these customers, so many minutes before now."""
    states: States = {}
    for customer in range(customers):
        for minute in sorted(minutes, reverse=True):
            observe(states, minute, f"C{customer}", amount)
    return states


def observe(states: States, minutes_ago: int, customer: str = "C0", amount: float = 10.0) -> None:
    transaction = SCHEMA.validate(
        json.loads(sample_event("score-valid")["body"])
        | {
            "customer_id": customer,
            "card_id": f"card of {customer}",
            "email": f"{customer}@example.net",
            "amount": amount,
            "timestamp": (START - timedelta(minutes=minutes_ago)).isoformat(),
        }
    )
    keys = history.keys(PLAN, transaction)
    known = {field: states.get(key, {}) for field, key in keys.items()}
    for field, change in history.observe(PLAN, transaction, known).items():
        states[keys[field]] = apply(known[field], change)


class Table:
    """moto's table behind a check of every request, with things that happen just before a write."""

    def __init__(self) -> None:
        self.writes = 0
        self.before_write: list[Callable[[], None]] = []
        self.leaves_unread = self.leaves_unwritten = 0

    def batch_get_item(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "BatchGetItem", request) == []
        if self.leaves_unread:
            self.leaves_unread -= 1
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        return client("dynamodb").batch_get_item(**request)

    def put_item(self, **request: Any) -> Any:
        return self._write("PutItem", client("dynamodb").put_item, request)

    def update_item(self, **request: Any) -> Any:
        return self._write("UpdateItem", client("dynamodb").update_item, request)

    def batch_write_item(self, **request: Any) -> Any:
        if self.leaves_unwritten:
            self.leaves_unwritten -= 1
            (name,) = request["RequestItems"]
            puts = request["RequestItems"][name]
            self._write("BatchWriteItem", client("dynamodb").batch_write_item, {"RequestItems": {name: puts[:1]}})
            return {"UnprocessedItems": {name: puts[1:]}}
        return self._write("BatchWriteItem", client("dynamodb").batch_write_item, request)

    def _write(self, operation: str, write: Callable[..., Any], request: dict[str, Any]) -> Any:
        assert service_model.problems("dynamodb", operation, request) == []
        self.writes += 1
        if self.before_write:
            self.before_write.pop(0)()
        return write(**request)


class OneAfterTheOther:
    """Threads whose work happens in order, so that a test can say what happens in between."""

    def map(self, do: Callable[[Any], Any], work: Any) -> Iterator[Any]:
        return map(do, work)


class World:
    def __init__(self, s3: Any, sqs: Any, clock: Any, context: Any) -> None:
        self.s3, self.sqs, self.context, self.table = s3, sqs, context, Table()
        url = "https://sqs.us-east-1.amazonaws.com/123456789012/fraud-Backfills"
        found = BackfillSettings(BUCKET, HISTORY, url, STACK_KEY)
        self.secrets = FakeSecrets()
        in_order: Any = OneAfterTheOther()
        self.ports: Ports = wire(found, s3, self.table, sqs, lambda: self.secrets, clock, lambda _: None, in_order)  # type: ignore[arg-type]

    def part(
        self, states: States, job: str = JOB, name: str = "part-00000.jsonl.gz", **of_model: Any
    ) -> dict[str, str]:
        """A part as a training job leaves it, and the message that names it."""
        lines = [json.dumps(line(key, state)) for key, state in sorted(states.items())]
        content = gzip.compress("".join(f"{one}\n" for one in lines).encode(), mtime=0)
        self.s3.put_object(
            Bucket=BUCKET, Key=f"runs/{job}/contract.json", Body=contract(job, **of_model).to_json().encode()
        )
        self.s3.put_object(Bucket=BUCKET, Key=f"runs/{job}/history/{name}", Body=content)
        return {"job": job, "part": name, "sha256": hashlib.sha256(content).hexdigest()}

    def deliver(self, message: dict[str, str]) -> bool:
        """Whether the message is done; it comes back otherwise."""
        event = sample_event("backfill-part")
        event["Records"][0]["body"] = json.dumps(message)
        return handler(event, self.context, ports=self.ports) == {"batchItemFailures": []}

    def live(self, states: States) -> None:
        for key, state in states.items():
            client("dynamodb").put_item(**items.creation(HISTORY, key, state, 1))

    def use_plan(self) -> None:
        """A model with this plan goes to the endpoint, as deploy notes it."""
        self.s3.put_object(Bucket=BUCKET, Key=plan_in_use(PLAN.id), Body=b"{}")

    def table_states(self) -> States:
        found = client("dynamodb").scan(TableName=HISTORY)["Items"]
        return {item["entity"]["S"]: dict(items.state(item)) for item in found}


def line(key: str, state: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "state": {name: value for name, value in state.items() if isinstance(value, int)},
        "members": {name: sorted(value) for name, value in state.items() if isinstance(value, frozenset)},
    }


@pytest.fixture
def world(s3, history_table, sqs, clock, context) -> World:
    return World(s3, sqs, clock, context)


def test_an_empty_table_knows_afterwards_what_training_knew(world, s3, clock):
    known = happened(5, 500, 5000, customers=120)
    assert world.deliver(world.part(known))
    assert world.table_states() == known
    marker = json.loads(read(s3, f"runs/{JOB}/history/loaded/part-00000.jsonl.gz.json"))
    assert (marker["entities"], marker["written"]) == (len(known), len(known))
    item = client("dynamodb").scan(TableName=HISTORY)["Items"][0]
    assert int(item["expires_at"]["N"]) == items.expiry(clock(), PLAN.memory)


def test_an_entity_whose_last_event_is_ahead_of_the_clock_is_left_out(world):
    right, wrong = happened(5), {}
    observe(wrong, -2 * 1440, "typing-error")
    world.deliver(world.part(wrong | right))
    assert world.table_states() == right


def test_the_first_job_of_a_plan_writes_in_bulk_until_a_model_with_it_is_deployed(world):
    known = happened(5, customers=60)
    assert world.deliver(world.part(known))
    assert world.table.writes == math.ceil(100 / 25) * (len(known) // 100) + math.ceil(len(known) % 100 / 25)
    assert world.table_states() == known


def test_bulk_ends_where_a_model_with_the_plan_is_deployed_in_between(world):
    known = happened(5, customers=60)  # three batches
    world.table.before_write.append(world.use_plan)
    assert world.deliver(world.part(known))
    assert world.table.writes == 4 + len(known) - 100
    assert world.table_states() == known


def test_a_second_job_of_the_plan_leaves_bulk_to_the_first(world):
    world.deliver(world.part(happened(5, customers=2)))
    writes, known = world.table.writes, happened(5, 9, customers=4)
    assert world.deliver(world.part(known, NEXT))
    assert world.table.writes - writes == len(known)
    assert world.table_states() == known


def test_a_second_job_of_the_plan_ends_the_bulk_of_the_first(world, s3, sqs, clock, context):
    known, newer = happened(5, customers=60), happened(5, 1, customers=60)
    rival = World(s3, sqs, clock, context)
    message, second = world.part(known), world.part(newer, NEXT)
    world.table.before_write.append(lambda: rival.deliver(second) or None)
    assert world.deliver(message)
    late = set(sorted(known)[100:])  # what was written after the second job had begun
    assert {key: state for key, state in world.table_states().items() if key in late} == {
        key: state for key, state in newer.items() if key in late
    }


def test_items_that_were_left_unwritten_are_written_then(world):
    world.table.leaves_unwritten = 3
    known = happened(5, customers=3)
    assert world.deliver(world.part(known))
    assert world.table_states() == known


def test_a_part_that_comes_again_is_not_read_again(world):
    message = world.part(happened(5, 50))
    assert world.deliver(message)
    writes = world.table.writes
    assert world.deliver(message)
    assert world.table.writes == writes


@pytest.mark.parametrize("job", [JOB, NEXT])
def test_the_same_knowledge_loaded_again_changes_nothing(world, s3, job):
    known = happened(5, 50, 5000, customers=3)
    live = happened(5, 7, 300)
    world.live(live)
    world.deliver(world.part(known))
    before = world.table_states()
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{JOB}/history/loaded/part-00000.jsonl.gz.json")
    assert world.deliver(world.part(known, job))
    assert world.table_states() == before


def test_what_live_scoring_knows_is_kept_and_what_it_lacks_is_added(world):
    known, live = happened(5, 50, 5000, 40000), happened(1, 2, 5)
    world.live(live)
    world.deliver(world.part(known))
    assert world.table_states() == {key: apply(live[key], merge(PLAN, known[key], live[key])) for key in known | live}
    customer = next(state for key, state in world.table_states().items() if "#customer_id#" in key)
    assert customer["first"] == known[next(key for key in known if "#customer_id#" in key)]["first"]


def test_an_event_scored_in_between_is_there_as_if_it_had_come_before_or_after(world):
    world.use_plan()
    known, live = happened(5, 50), happened(30_000)
    world.live(live)
    before = {key: dict(state) for key, state in live.items()}
    observe(before, 1)
    before_it = {key: apply(before[key], merge(PLAN, known[key], before[key])) for key in known}
    after_it = {key: apply(live[key], merge(PLAN, known[key], live[key])) for key in known}
    observe(after_it, 1)

    def event() -> None:
        for key, state in before.items():
            client("dynamodb").put_item(TableName=HISTORY, Item=items.creation(HISTORY, key, state, 1)["Item"])

    world.table.before_write.append(event)
    assert world.deliver(world.part(known))
    for key, state in world.table_states().items():
        assert state in (before_it[key], after_it[key])


def test_two_copies_of_a_part_at_the_same_moment_add_once(world, s3, sqs, clock, context):
    world.use_plan()
    known = happened(5, 50, 5000)
    world.live(happened(1, 2))
    alone = {key: apply(live, merge(PLAN, known[key], live)) for key, live in world.table_states().items()}
    message = world.part(known)
    rival = World(s3, sqs, clock, context)
    world.table.before_write.append(lambda: rival.deliver(message) or None)
    assert world.deliver(message)
    assert world.table_states() == alone


def test_an_entity_that_appears_in_between_is_joined(world):
    world.use_plan()
    known, live = happened(5, 50), happened(1)
    world.table.before_write.append(lambda: world.live(live))
    assert world.deliver(world.part(known))
    assert world.table_states() == {key: apply(live[key], merge(PLAN, known[key], live[key])) for key in known}


def test_where_time_ends_the_part_goes_on_later(world, sqs, s3):
    known = happened(5, customers=60)  # 241 entities
    reads = 0
    read_many = world.table.batch_get_item

    def slow(**request: Any) -> Any:
        nonlocal reads
        reads += 1
        world.context.seconds_left = ENOUGH_MS / 1000 - (reads == 2)
        return read_many(**request)

    world.table.batch_get_item = slow
    world.context.seconds_left = ENOUGH_MS / 1000 + 1
    message = world.part(known)
    assert not world.deliver(message)
    assert sqs.returned[0]["VisibilityTimeout"] == 1
    assert not stored(s3, f"runs/{JOB}/history/loaded/")
    world.context.seconds_left = 300
    world.table.batch_get_item = read_many
    assert world.deliver(message)
    assert world.table_states() == known


def test_keys_that_were_left_unread_are_asked_for_again(world):
    world.table.leaves_unread = 2
    known = happened(5)
    assert world.deliver(world.part(known))
    assert world.table_states() == known


@pytest.mark.parametrize("trouble", ["unread", "unwritten", "throttled", "busy"])
def test_a_table_that_takes_nothing_brings_the_part_back(world, trouble, s3):
    def refuse(code: str) -> Callable[[], None]:
        def fail() -> None:
            raise client_error(code, Item={"entity": {"S": "x"}})

        return fail

    if trouble == "unread":
        world.table.leaves_unread = 1000
    elif trouble == "unwritten":
        world.table.batch_write_item = lambda RequestItems: {"UnprocessedItems": RequestItems}  # noqa: N803
    else:
        world.use_plan()
        code = {"throttled": "ThrottlingException", "busy": "ConditionalCheckFailedException"}[trouble]
        world.table.before_write += [refuse(code)] * 100
    with pytest.raises(BatchProcessingError):
        world.deliver(world.part(happened(5)))
    assert not stored(s3, f"runs/{JOB}/history/loaded/")


def test_a_part_that_is_not_the_jobs_own_is_never_marked_as_loaded(world, s3):
    message = world.part(happened(5))
    key = f"runs/{JOB}/history/{message['part']}"
    for content, promised in (
        (b"other bytes", message["sha256"]),
        (b"no gzip", None),
        (gzip.compress(b"no json\n"), None),
        (gzip.compress(json.dumps({"key": "00000000#customer_id#0", "state": {}}).encode()), None),
    ):
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        with pytest.raises(BatchProcessingError):
            world.deliver(message | {"sha256": promised or hashlib.sha256(content).hexdigest()})
    assert not stored(s3, f"runs/{JOB}/history/loaded/")


def test_a_sensitive_entity_is_loaded_under_the_key_that_scoring_looks_under(world):
    of_cards = sensitive("card_id")
    plan, pseudonyms = of_cards.history_plan, Pseudonyms(world.secrets.key.encode())
    transaction = pseudonyms.hide(of_cards, of_cards.validate(json.loads(sample_event("score-valid")["body"])))
    keys = history.keys(plan, transaction)
    left = history.key(plan, "card_id", str(transaction.values["card_id"]))
    states = {left: {"first": 1, "last": 2, "n0a": 1}, keys["customer_id"]: {"first": 1, "last": 2, "n0a": 1}}
    assert keys["card_id"] != left
    assert world.deliver(world.part(states, schema=of_cards))
    assert world.table_states().keys() == {keys["card_id"], keys["customer_id"]}


def test_without_the_key_a_part_with_sensitive_entities_comes_back_and_nothing_is_loaded(world, s3):
    world.secrets.fails = True
    plan = sensitive("card_id").history_plan
    message = world.part({history.key(plan, "card_id", "k"): {"first": 1, "last": 2}}, schema=sensitive("card_id"))
    with pytest.raises(BatchProcessingError):
        world.deliver(message)
    assert world.table_states() == {}
    assert not stored(s3, f"runs/{JOB}/history/loaded/")
    world.secrets.fails = False
    assert world.deliver(message)
    assert len(world.table_states()) == 1
