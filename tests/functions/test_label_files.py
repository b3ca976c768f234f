"""A file of labels is recorded row by row, to its end, however long it is; what cannot be recorded is told."""

import csv
import gzip
import io
import json
from typing import Any

import pytest

from functions.label.handler import ENOUGH_MS, handler
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, read, sample_event, stored
from tests.functions.fakes import START, client_error
from tests.functions.labels import World

HEADER = "transaction_id,label,labelled_at\n"


@pytest.fixture
def world(s3, table, history_table, sqs, sns, context, clock) -> World:
    return World(s3, sqs, sns, context, clock)


@pytest.fixture
def record(world, drop):
    """Drops a file and delivers its event, and then whatever the function sends itself."""

    def run(text: str | bytes, name: str = "november.csv") -> None:
        content = text if isinstance(text, bytes) else text.encode()
        drop(f"labels/{name}", content)
        etag = world.s3.head_object(Bucket=BUCKET, Key=f"labels/{name}")["ETag"]
        event = sample_event("label-file-dropped")
        body = json.loads(event["Records"][0]["body"])
        body["detail"]["object"] |= {"key": f"labels/{name}", "etag": etag}
        deliver(world, body)
        while world.sqs.sent:
            deliver(world, world.sqs.sent.pop(0))

    return run


def deliver(world: World, body: dict[str, Any]) -> None:
    event = sample_event("label-file-dropped")
    event["Records"][0]["body"] = json.dumps(body)
    assert handler(event, world.context, ports=world.ports) == {"batchItemFailures": []}


def summary(world: World, name: str = "november.csv") -> dict[str, Any]:
    return dict(json.loads(read(world.s3, f"labels-done/{name}.json")))


def test_a_file_in_our_own_columns_is_recorded_and_summed_up(world, record, sns):
    world.decide("payment-2")
    record("label,transaction_id,note\nfraud,payment-1,stolen card\n0,payment-2,\n")
    assert world.decision("payment-1")["label"] == {"S": "fraud"}
    assert world.decision("payment-2")["label"] == {"S": "legit"}
    assert world.decision("payment-1")["labelled_at"] == {"S": START.isoformat()}  # when the file was dropped
    found = summary(world)
    assert (found["file"], found["recorded"]) == ("labels/november.csv", 2)
    assert world.frauds() == 1 and sns.published == []


def test_a_file_of_amazon_fraud_detectors_columns_is_recorded(world, record):
    record(
        "EVENT_ID,EVENT_TIMESTAMP,ip_address,EVENT_LABEL,LABEL_TIMESTAMP\n"
        "payment-1,2026-11-01T00:00:00Z,192.0.2.1,fraud,2026-11-20T09:00:00Z\n"
    )
    assert world.decision("payment-1")["labelled_at"] == {"S": "2026-11-20T09:00:00+00:00"}


@pytest.mark.parametrize("name", ["müller/a b+c%20d.csv", "zipped.CSV.GZ", "with-mark.csv"])
def test_odd_names_zipped_files_and_byte_order_marks_are_read(world, record, name):
    content = f"{HEADER}payment-1,TRUE,\n".encode("utf-8-sig")
    record(gzip.compress(content) if name.lower().endswith("gz") else content, name)
    assert world.decision("payment-1")["label"] == {"S": "fraud"}
    assert summary(world, name)["recorded"] == 1


def test_the_words_are_those_of_the_schema_in_force(world, record):
    live = contract("fraud-1111111111111111")
    document = live.schema.to_dict()
    document["label"] |= {"fraud": ["chargeback"], "legit": ["settled"]}
    live = contract("fraud-1111111111111111", schema=type(live.schema).from_dict(document))
    world.s3.put_object(Bucket=BUCKET, Key="runs/x/contract.json", Body=live.to_json().encode())
    world.s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=json.dumps({"contract": "runs/x/contract.json"}))
    record(f"{HEADER}payment-1,Chargeback,\npayment-1,fraud,\n")
    assert world.decision("payment-1")["label"] == {"S": "fraud"}
    assert summary(world)["rejected"] == 1


def test_a_file_that_is_dropped_again_changes_nothing(world, record):
    for _ in range(2):
        record(f"{HEADER}payment-1,fraud,2026-11-20T09:00:00Z\n")
        world.clock.advance(hours=1)
    assert summary(world)["unchanged"] == 1
    assert world.frauds() == 1 and world.trail("payment-1") == ["fraud"]


def test_bad_rows_are_named_and_the_others_recorded(world, record, sns):
    world.decide("payment-2")
    record(
        f"{HEADER}"
        "payment-1,maybe,\n"
        ",fraud,\n"
        '"a\nb",fraud,\n'  # an id over two lines
        '"payment-1"x,fraud,\n'
        "payment-1,fraud,yesterday\n"
        "payment-1,fraud,2126-01-01T00:00:00Z\n"
        "payment-1\n"
        "\n"
        "payment-1,,\n"  # nobody knows yet
        "payment-2,fraud,\n"
    )
    found = summary(world)
    assert (found["rejected"], found["blank"], found["recorded"]) == (7, 1, 1)
    assert "label" not in world.decision("payment-1")
    rejected = list(
        csv.DictReader(io.StringIO(read(world.s3, "labels-done/november.csv.rejected-after-1.csv").decode()))
    )
    assert [row["line"] for row in rejected] == ["2", "3", "5", "6", "7", "8", "9"]
    assert "must be one of" in rejected[0]["reason"] and "future" in rejected[5]["reason"]
    (told,) = sns.published
    assert told["Subject"] == "Labels recorded in part: labels/november.csv" and "rejected: 7" in told["Message"]


def test_unknown_transactions_are_kept_in_a_file_that_can_be_dropped_again(world, record, sns):
    record(f"{HEADER}payment-9,fraud,2026-11-20T09:00:00Z\npayment-8,legit,\n")
    assert summary(world)["unknown"] == 2
    assert "aws s3 mv" in sns.published[0]["Message"]
    (key,) = stored(world.s3, "labels-unknown/")
    for name in ("payment-8", "payment-9"):
        world.decide(name)
    record(read(world.s3, key), "again.csv")
    assert summary(world, "again.csv")["recorded"] == 2
    assert world.decision("payment-9")["labelled_at"] == {"S": "2026-11-20T09:00:00+00:00"}


def test_a_long_file_is_recorded_in_several_steps_and_counted_once(world, record, sqs):
    names = [f"payment-{number}" for number in range(10, 460)]
    for name in names:
        world.decide(name)
    looks = 0

    def seconds_left() -> int:  # too few at every 120th look: in the middle of a hundred
        nonlocal looks
        looks += 1
        return ENOUGH_MS + (1 if looks % 120 else 0)

    world.context.get_remaining_time_in_millis = seconds_left
    record(HEADER + "".join(f"{name},fraud,\n" for name in names) + "nobody,fraud,\nbad,maybe,\n")
    assert world.frauds() == len(names)
    found = summary(world)
    assert found["recorded"] + found["unchanged"] == len(names)
    assert (found["unknown"], found["rejected"]) == (1, 1)
    assert looks > 480  # it did come to an end several times


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "names neither"),
        (b"id,is_fraud\n1,1\n", "transaction_id and label or event_id and event_label"),
        (bytes(range(128, 256)) * 40, "no CSV file"),
        (b"PAR1" + bytes(100), "Parquet"),
        (gzip.compress(b"transaction_id,label\n" + b"x" * 2**21), "longer than"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_once(world, record, sns, content, words):
    record(content)
    record(content)
    (told,) = sns.published
    assert told["Subject"] == "Labels not read: labels/november.csv" and words in told["Message"]
    assert "label" not in world.decision("payment-1")


def test_a_file_cut_off_in_the_middle_of_its_compression_is_told(world, record, sns):
    record(gzip.compress(f"{HEADER}payment-1,fraud,\n".encode())[:-9], "cut.csv.gz")
    assert sns.subjects == ["Labels not read: labels/cut.csv.gz"]


def test_a_file_that_is_gone_replaced_or_a_folder_is_left_alone(world, drop, sns):
    event = json.loads(sample_event("label-file-dropped")["Records"][0]["body"])
    deliver(world, event)
    drop("labels/november.csv", b"transaction_id,label\npayment-1,fraud\n")
    deliver(world, event)
    drop("labels/", b"")
    event["detail"]["object"] |= {"key": "labels/", "etag": world.s3.head_object(Bucket=BUCKET, Key="labels/")["ETag"]}
    deliver(world, event)
    assert "label" not in world.decision("payment-1") and sns.published == []


def test_a_file_replaced_between_two_looks_is_left_to_its_own_event(world, drop, monkeypatch):
    drop("labels/november.csv", b"transaction_id,label\npayment-1,fraud\n")
    etag = world.s3.head_object(Bucket=BUCKET, Key="labels/november.csv")["ETag"]
    body = {"key": "labels/november.csv", "etag": etag.strip('"'), "line": 1, "counts": {}}

    def replaced(**_: Any) -> Any:
        raise client_error("PreconditionFailed")

    monkeypatch.setattr(world.s3, "get_object", replaced)
    deliver(world, body)
    assert "label" not in world.decision("payment-1")
