"""A rules file that was dropped comes into force or is refused, once, whatever order its events arrive in."""

import json
from typing import Any

import pytest

from functions.aws import objects
from functions.aws.rules import DROPPED, IN_FORCE
from functions.rules.coming import Coming
from functions.rules.handler import handler, wire
from model import rules
from model.schema import Schema
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, RULES_SETTINGS, read, sample_event, stored
from tests.functions.rules import AMOUNT_RULE
from tests.functions.world import FIRST, SECOND
from tests.model.conftest import small

GOOD = AMOUNT_RULE
OTHER = AMOUNT_RULE.replace("20", "30")
BAD = AMOUNT_RULE.replace("amount > 20", "amuont > 20")


@pytest.fixture
def ports(s3, sns, clock) -> Coming:
    return wire(RULES_SETTINGS, s3, sns, clock)


@pytest.fixture
def serve(s3):
    def put(model: Any) -> None:
        s3.put_object(Bucket=BUCKET, Key=f"runs/{model.model}/contract.json", Body=model.to_json().encode())
        live = {"model": model.model, "contract": f"runs/{model.model}/contract.json"}
        s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=json.dumps(live).encode())

    put(contract(FIRST))
    return put


@pytest.fixture
def deliver(ports, context):
    def event(name: str = "rules-file-dropped") -> list[Any]:
        return list(handler(sample_event(name), context, ports=ports)["batchItemFailures"])

    return event


def in_force(s3: Any) -> dict[str, Any]:
    return dict(json.loads(read(s3, IN_FORCE)))


def version(text: str) -> str:
    return rules.version_of(text.encode())


def test_a_good_file_comes_into_force_and_people_are_told(s3, sns, serve, drop, deliver, clock):
    drop(DROPPED, GOOD.encode())
    assert deliver() == []
    assert in_force(s3) == {"version": version(GOOD), "since": clock().isoformat(), "model": FIRST, "text": GOOD}
    assert sns.subjects == [f"Rules in force: version {version(GOOD)}"]
    assert "above-twenty: review" in sns.published[0]["Message"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BAD.encode(), "config/rules.yaml: rule above-twenty: amuont: expected a field"),
        (b"rules: [", "config/rules.yaml: is not YAML"),
        (b"\xff\xfe", "config/rules.yaml: is not UTF-8 text"),
        (b"#" * 1_000_000, "config/rules.yaml: expected at most 131072 bytes"),
        (b"", "config/rules.yaml: expected the key rules alone"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_file_is_refused_with_the_reason_and_the_old_rules_stay(s3, sns, serve, drop, deliver, content, reason):
    drop(DROPPED, GOOD.encode())
    deliver()
    before = in_force(s3)
    drop(DROPPED, content)
    assert deliver() == []
    assert in_force(s3) == before
    assert sns.subjects[1:] == ["Rules refused: config/rules.yaml"]
    assert reason in sns.published[1]["Message"] and version(GOOD) in sns.published[1]["Message"]


def test_a_first_file_that_is_bad_leaves_the_packaged_rules(s3, sns, serve, drop, deliver):
    drop(DROPPED, BAD.encode())
    deliver()
    assert not objects.exists(s3, BUCKET, IN_FORCE)
    assert "those that came with the code" in sns.published[0]["Message"]


def test_an_event_that_comes_again_changes_and_tells_nothing(s3, sns, serve, drop, deliver, clock):
    for text in (GOOD, BAD):
        drop(DROPPED, text.encode())
        for _ in range(3):
            assert deliver() == []
            clock.advance(minutes=10)
    assert len(sns.published) == 2
    assert in_force(s3)["version"] == version(GOOD)


def test_the_same_mistake_dropped_again_is_told_again(sns, serve, drop, deliver, clock):
    for _ in range(2):
        drop(DROPPED, BAD.encode())
        deliver()
        clock.advance(minutes=10)
    assert len(sns.published) == 2


def test_a_removed_file_brings_the_packaged_rules_back(s3, sns, serve, drop, deliver):
    drop(DROPPED, GOOD.encode())
    deliver()
    s3.delete_object(Bucket=BUCKET, Key=DROPPED)
    assert deliver("rules-file-removed") == []
    assert in_force(s3)["text"] is None
    assert in_force(s3)["version"] == rules.version_of(rules.PACKAGED.read_bytes())
    assert "that came with the code" in sns.published[-1]["Message"]
    deliver("rules-file-removed")
    assert len(sns.published) == 2


def test_who_never_dropped_rules_hears_nothing_of_them(s3, sns, serve, deliver):
    assert deliver("rules-model-live") == []
    assert sns.published == [] and not stored(s3, "rules-told/") and not objects.exists(s3, BUCKET, IN_FORCE)


def test_a_late_event_finds_the_newest_file(s3, serve, drop, deliver):
    drop(DROPPED, GOOD.encode())
    drop(DROPPED, OTHER.encode())
    deliver()
    deliver()
    assert in_force(s3)["version"] == version(OTHER)


def test_an_older_file_that_was_read_before_a_newer_one_does_not_win(s3, sns, serve, drop, deliver, ports):
    """The newer file is dropped, and its event handled, while the older one is being checked."""
    drop(DROPPED, GOOD.encode())

    class Overtaken:
        def __getattr__(self, operation: str) -> Any:
            return getattr(s3, operation)

        def put_object(self, **request: Any) -> Any:
            if request["Key"] == IN_FORCE and json.loads(request["Body"])["version"] == version(GOOD):
                drop(DROPPED, OTHER.encode())
                ports.settle()
            return s3.put_object(**request)

    wire(RULES_SETTINGS, Overtaken(), sns, ports.now).settle()
    assert in_force(s3)["version"] == version(OTHER)
    assert sns.subjects == [f"Rules in force: version {version(OTHER)}"]


def test_a_file_that_was_removed_while_it_was_checked_does_not_stay(s3, sns, serve, drop, ports):
    drop(DROPPED, GOOD.encode())

    class Overtaken:
        def __getattr__(self, operation: str) -> Any:
            return getattr(s3, operation)

        def put_object(self, **request: Any) -> Any:
            if request["Key"] == IN_FORCE:
                s3.delete_object(Bucket=BUCKET, Key=DROPPED)
                ports.settle()
            return s3.put_object(**request)

    wire(RULES_SETTINGS, Overtaken(), sns, ports.now).settle()
    assert in_force(s3)["text"] is None


def test_whoever_is_overtaken_again_and_again_comes_back_later(s3, sns, serve, drop, clock, context):
    drop(DROPPED, GOOD.encode())

    class Overtaken:
        def __getattr__(self, operation: str) -> Any:
            return getattr(s3, operation)

        def put_object(self, **request: Any) -> Any:
            if request["Key"] == IN_FORCE:
                document = json.loads(request["Body"]) | {"version": "another", "since": str(clock.advance(seconds=1))}
                s3.put_object(Bucket=BUCKET, Key=IN_FORCE, Body=json.dumps(document).encode())
            return s3.put_object(**request)

    ports = wire(RULES_SETTINGS, Overtaken(), sns, clock)
    answer = handler(sample_event("rules-file-dropped"), context, ports=ports)
    assert len(answer["batchItemFailures"]) == 1 and sns.published == []


def test_a_message_that_was_lost_after_the_write_is_told_by_the_retry(s3, sns, serve, drop, deliver, ports, clock):
    drop(DROPPED, GOOD.encode())
    publish, sns.publish = sns.publish, None  # the function crashes there
    with pytest.raises(TypeError):
        ports.settle()
    sns.publish = publish
    assert in_force(s3)["version"] == version(GOOD)
    clock.advance(days=3650)  # the claim bears the time of moto's own clock
    assert deliver() == [] and len(sns.published) == 1


def test_without_a_model_rules_wait_for_one(s3, sns, drop, deliver):
    drop(DROPPED, GOOD.encode())
    assert deliver() == []
    assert sns.published == [] and not objects.exists(s3, BUCKET, IN_FORCE)


def test_rules_that_were_dropped_before_the_model_are_looked_at_when_it_serves(s3, drop, deliver, request):
    drop(DROPPED, GOOD.encode())
    deliver()
    request.getfixturevalue("serve")
    deliver("rules-model-live")
    assert in_force(s3)["version"] == version(GOOD)


def test_rules_that_do_not_fit_a_new_model_stay_and_people_are_told_once(s3, sns, serve, drop, deliver, clock):
    drop(DROPPED, (GOOD + "  - {name: euro, when: currency == 'EUR', outcome: block}\n").encode())
    deliver()
    before = in_force(s3)
    serve(contract(SECOND, schema=Schema.from_dict(small())))
    for _ in range(2):
        assert deliver("rules-model-live") == []
        clock.advance(minutes=10)
    assert in_force(s3) == before
    assert sns.subjects[1:] == [f"Rules that do not fit model {SECOND}"]
    assert "rule euro: currency" in sns.published[1]["Message"]
    assert "above-twenty" not in sns.published[1]["Message"]


def test_a_refused_file_that_fits_the_next_model_comes_into_force_with_it(s3, sns, serve, drop, deliver):
    drop(DROPPED, b"rules:\n  - {name: books, when: shop == 'books', outcome: review}\n")
    deliver("rules-model-live")
    document = small()
    document["fields"]["shop"]["required"] = True
    serve(contract(SECOND, schema=Schema.from_dict(document)))
    deliver("rules-model-live")
    assert sns.subjects[0] == "Rules refused: config/rules.yaml"
    assert (in_force(s3)["model"], len(sns.published)) == (SECOND, 2)


@pytest.mark.parametrize("text", [GOOD, None])
def test_what_nobody_can_read_is_replaced(s3, serve, drop, deliver, text):
    s3.put_object(Bucket=BUCKET, Key=IN_FORCE, Body=b"[]")
    if text:
        drop(DROPPED, text.encode())
    deliver()
    assert in_force(s3)["text"] == text


def test_a_message_of_many_mistakes_fits_into_a_message(sns, serve, drop, deliver):
    rule = "  - {name: %s, when: nothing_of_this_name > 20, outcome: review}\n"
    drop(DROPPED, ("rules:\n" + "".join(rule % f"r{number}" for number in range(200))).encode())
    deliver()
    assert len(sns.published[0]["Message"]) < 30_000
