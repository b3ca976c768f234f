"""A file of transactions is scored like requests: once, in its order, to its end; what cannot be scored is told."""

import gzip
import hashlib
import json
from itertools import cycle

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from functions.bulk import reading
from functions.bulk.handler import ENOUGH_MS
from functions.bulk.part import Part
from functions.bulk.run import Run
from functions.bulk.totals import Totals
from model.schema import Schema
from tests.functions import bulk, world
from tests.functions.artefacts import contract
from tests.functions.bulk import HEADER, NAME, Bulk, row, text
from tests.functions.conftest import BUCKET, sample_event
from tests.functions.fakes import client_error
from tests.functions.world import FIRST, SECOND


@pytest.fixture
def files(s3, table, history_table, sqs, sns, context, clock) -> Bulk:
    return Bulk(world.build(s3, table, context), sqs, sns, clock)


@pytest.fixture
def short_parts(monkeypatch):
    monkeypatch.setattr(reading, "ROWS", 4)


@pytest.fixture
def hurried(context, short_parts):
    """Time for one part, and for the next there is none."""
    left = cycle([ENOUGH_MS + 1, ENOUGH_MS])
    context.get_remaining_time_in_millis = lambda: next(left)


def test_every_row_becomes_a_decision_and_a_line_of_the_results(files):
    files.world.endpoint.contributions = {"amount": 1.5}
    told = files.run(text(row(number) for number in range(10)))
    assert told | {"status": "done", "rows": 10, "scored": 10, "rejected": 0, "progress": 1.0} == told
    assert told["outcomes"] == {"approve": 10} and told["models"] == {FIRST: 10}
    assert told["scored_by"] == {"endpoint": 10}
    assert told["started_at"] <= told["updated_at"] == told["ended_at"]
    found = files.results()
    assert [one["transaction_id"] for one in found] == [f"t-{number}" for number in range(10)]
    first = files.decision("t-0")
    assert found[0] == {
        "transaction_id": "t-0",
        "fraud_probability": "0.0123",
        "score": first["score"]["N"],
        "outcome": "approve",
        "model": FIRST,
        "scored_by": "endpoint",
        "reasons": json.loads(first["reasons"]["S"])[0]["text"],
    }


def test_a_row_is_answered_as_a_request_for_it_is(files):
    files.run(text([row(1), row(2)]))
    values = dict(zip(bulk.COLUMNS, row(2).split(","), strict=True)) | {"amount": 12.5}
    known = json.loads(sample_event("score-valid")["body"])
    files.world.endpoint.probability = 0.9
    status, answer, _ = files.world.score(**dict.fromkeys(known, ...) | values)
    assert (status, answer["fraud_probability"]) == (200, 0.0123)  # as the content is the same, so is the decision


def test_later_rows_see_what_earlier_ones_left_behind(files):
    same = {"customer_id": "c", "card_id": "k", "timestamp": "2026-11-20T10:00:00Z"}
    files.run(text(row(number, **same) for number in range(6)))
    counts = [json.loads(files.decision(f"t-{number}")["features"]["S"])["customer_count_1d"] for number in range(6)]
    assert counts == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("name", "out"), [("a b+c/ü.CSV.GZ", "a b+c/ü"), ("plain", "plain"), ("x.csv", "x")])
def test_odd_names_and_packed_files_are_read(files, name, out):
    content = text([row(1)]).encode("utf-8-sig")
    files.deliver(files.drop(gzip.compress(content) if name.endswith("GZ") else content, name))
    assert {f"batch/out/{out}{end}" for end in (".csv", ".rejected.csv", ".summary.json")} == files.stored("batch/out/")


def test_bad_rows_are_set_aside_by_row_field_and_rule_and_the_others_scored(files, sns):
    rows = [
        row(1, amount=-1),
        row(2),
        row(3, currency=""),
        row(4, timestamp="2026-11-20T10:00:00"),
        "only,three,values",
        row(5, transaction_id=""),
        '"t-6"x' + row(6)[3:],
        row(7),
    ]
    told = files.run(text(rows).encode() + row(8, customer_id="\xff").encode("latin-1") + b"\n")
    assert (told["rows"], told["scored"], told["rejected"]) == (9, 2, 7)
    assert [(one["row"], one["field"]) for one in told["rejected_rows"]] == [
        (2, "amount"),
        (4, "currency"),
        (5, "timestamp"),
        (6, "row"),
        (7, "transaction_id"),
        (8, "row"),
        (10, "customer_id"),
    ]
    assert told["rejected_rows"][0]["expected"] == "must be at least 0"
    assert [one["transaction_id"] for one in files.results()] == ["t-2", "t-7"]
    listed = files.results("batch/out/november.rejected.csv")
    assert listed[0] == {"row": "2", "field": "amount", "expected": "must be at least 0"} and len(listed) == 7
    (notice,) = sns.published
    assert "2 of 9 rows" in notice["Message"] and "row 2, amount: must be at least 0" in notice["Message"]


def test_an_id_with_other_content_is_rejected_and_with_the_same_answered_again(files):
    told = files.run(text([row(1), row(2, transaction_id="t-1"), row(1)]))
    assert (told["scored"], told["rejected_rows"][0]["row"]) == (2, 3)
    assert told["rejected_rows"][0]["field"] == "transaction_id"


def test_a_label_is_ignored_and_the_summary_says_so(files):
    told = files.run(text([row(1) + ",1"], HEADER + ",is_fraud"))
    assert (told["scored"], told["ignored_columns"]) == (1, ["is_fraud"])
    assert "is_fraud" not in files.decision("t-1")["transaction"]["S"]


def test_files_for_trainings_have_the_columns_of_their_schema(files):
    """Such as those of Amazon Fraud Detector, whose times may be written in a form of their own."""
    document = {
        "name": "registrations",
        "transaction_id": {"column": "EVENT_ID"},
        "timestamp": {"column": "EVENT_TIMESTAMP", "timezone": "Europe/Berlin"},
        "label": {"column": "EVENT_LABEL"},
        "fields": {"ENTITY_ID": {"role": "entity", "required": True}, "ip_address": {"role": "ip"}},
    }
    files.world.serve(contract(SECOND, schema=Schema.from_dict(document), features=("hour",)))
    files.world.seconds[0] += 60
    header = "EVENT_ID,EVENT_TIMESTAMP,ENTITY_ID,ip_address,EVENT_LABEL"
    told = files.run(text(["e-1,2026-11-20 10:00:00,c-1,192.0.2.1,fraud"], header))
    assert told["scored"] == 1
    assert json.loads(files.decision("e-1")["transaction"]["S"])["EVENT_TIMESTAMP"] == "2026-11-20T09:00:00+00:00"


def test_rows_without_ids_are_called_by_their_file_and_line(files):
    document = contract("any").schema.to_dict()
    del document["transaction_id"]
    files.world.serve(contract(SECOND, schema=Schema.from_dict(document)))
    files.world.seconds[0] += 60
    told = files.run(text((row(number).partition(",")[2] for number in range(2)), HEADER.partition(",")[2]))
    assert told["scored"] == 2
    first, second = (one["transaction_id"] for one in files.results())
    assert first.endswith(":2") and second == first[:-1] + "3"


def test_test_transactions_are_what_they_are_in_requests(files, history_table):
    files.run(text([row(1, transaction_id="test-block-1")]))
    assert files.results()[0]["outcome"] == "block"
    assert history_table.scan(TableName="fraud-history")["Count"] == 0


def test_a_long_file_is_scored_in_several_steps(files, hurried, sns):
    told = files.run(text(row(number, amount=-1 if number == 6 else 5) for number in range(18)))
    assert (told["status"], told["rows"], told["scored"]) == ("done", 18, 17)
    assert told["rejected_rows"] == [{"row": 8, "field": "amount", "expected": "must be at least 0"}]
    assert [one["transaction_id"] for one in files.results()] == [f"t-{n}" for n in range(18) if n != 6]
    assert len(files.stored("batch/parts/") - {key for key in files.stored() if "announced" in key}) == 5
    assert sns.subjects == ["Scored: batch/in/november.csv"]


def test_the_summary_shows_progress_while_the_file_is_scored(files, hurried):
    files.deliver(files.drop(text(row(number) for number in range(10))))
    told = files.summary()
    assert (told["status"], told["rows"], "ended_at" in told) == ("running", 4, False)
    assert 0 < told["progress"] <= 1
    (rest,) = files.sqs.sent
    assert (rest["part"], rest["totals"]["rows"]) == (1, 4)


def test_messages_that_come_twice_and_beside_each_other_change_nothing(files, hurried, sns):
    first = files.drop(text(row(number) for number in range(10)))
    for _ in range(2):
        files.deliver(first)
    while files.sqs.sent:
        again = files.sqs.sent.pop(0)
        files.deliver(again)
        if len(files.sqs.sent) < 4:
            files.deliver(again)
    assert files.summary()["rows"] == 10
    assert [one["transaction_id"] for one in files.results()] == [f"t-{number}" for number in range(10)]
    assert len(files.world.endpoint.requests) == 10
    assert len(sns.published) == 1


def test_the_same_file_again_does_no_work(files, sns):
    content = text(row(number) for number in range(3))
    first = files.run(content)
    files.clock.advance(hours=1)
    assert files.run(content) == first
    assert len(files.world.endpoint.requests) == 3 and len(sns.published) == 1


def test_other_content_under_the_same_name_is_another_run(files, sns):
    files.run(text([row(1), row(2, amount=-1)]))
    told = files.run(text([row(1), row(2)]))
    assert (told["scored"], told["rejected"]) == (2, 0)
    assert [one["transaction_id"] for one in files.results()] == ["t-1", "t-2"]
    assert files.results("batch/out/november.rejected.csv") == []
    assert len(sns.published) == 2


def test_without_a_model_a_file_waits_for_one(files, sns):
    files.world.s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    files.deliver(files.drop(text([row(1)])))
    assert files.summary() | {"status": "waiting", "reason": "no model serves yet", "rows": 0} == files.summary()
    waiting = files.sqs.sent.pop()
    files.deliver(waiting)
    assert files.sqs.sent == [waiting] and files.decision("t-1") is None and sns.published == []
    files.world.serve(contract(FIRST))
    files.world.seconds[0] += 60
    files.deliver(files.sqs.sent.pop())
    assert files.summary()["status"] == "done" and files.decision("t-1")


def test_when_the_model_changes_in_the_middle_each_row_says_which(files, hurried):
    files.deliver(files.drop(text(row(number) for number in range(8))))
    files.world.serve(contract(SECOND))
    files.world.seconds[0] += 60
    while files.sqs.sent:
        files.deliver(files.sqs.sent.pop(0))
    assert [one["model"] for one in files.results()] == [FIRST] * 4 + [SECOND] * 4
    assert files.summary()["models"] == {FIRST: 4, SECOND: 4}


@pytest.mark.parametrize("then", ["", "done"])
def test_a_file_that_is_removed_is_scored_no_further(files, hurried, then):
    first = files.drop(text(row(number) for number in range(6)))
    files.deliver(first)
    if then:
        while files.sqs.sent:
            files.deliver(files.sqs.sent.pop(0))
    files.world.s3.delete_object(Bucket=BUCKET, Key=f"batch/in/{NAME}")
    files.deliver(files.sqs.sent.pop() if files.sqs.sent else first)
    assert files.summary()["status"] == (then or "stopped")
    assert files.sqs.sent == []


def test_a_file_that_is_removed_while_a_part_is_scored_is_scored_no_further(files, short_parts):
    def remove():
        files.world.s3.delete_object(Bucket=BUCKET, Key=f"batch/in/{NAME}")

    during(files, remove)
    files.deliver(files.drop(text(row(number) for number in range(8))))
    assert files.decision("t-3") and files.decision("t-4") is None
    assert "batch/out/november.csv" not in files.stored()


def test_of_two_that_score_a_part_at_the_same_moment_the_first_holds(files, short_parts):
    first = files.drop(text(row(number) for number in range(4)))
    other = Part("theirs,0.5,500,review,m,endpoint,\n", "", Totals(rows=4, outcomes={"review": 4}))
    key = Run.from_body(first).part_key(0)
    during(files, lambda: files.world.s3.put_object(Bucket=BUCKET, Key=key, Body=other.to_json()))
    files.deliver(first)
    assert files.summary()["outcomes"] == {"review": 4}
    assert [one["transaction_id"] for one in files.results()] == ["theirs"]


def during(files, happens):
    """Something that happens while the endpoint is asked for the first time."""
    asked, waiting = files.world.endpoint.invoke_endpoint, [happens]

    def ask(**request):
        while waiting:
            waiting.pop()()
        return asked(**request)

    files.world.endpoint.invoke_endpoint = ask


def test_a_replaced_file_leaves_the_summary_to_the_new_one(files, hurried):
    old = files.drop(text(row(number) for number in range(6)))
    files.deliver(old)
    rest = files.sqs.sent.pop()
    files.deliver(files.drop(text(row(number) for number in range(10, 16))))
    told = files.summary()
    files.deliver(rest)
    files.deliver(old)
    assert files.summary() == told and told["status"] == "running"


def test_a_file_that_is_gone_before_anything_was_done_or_a_folder_leaves_nothing(files):
    gone = files.drop(text([row(1)]))
    files.world.s3.delete_object(Bucket=BUCKET, Key=f"batch/in/{NAME}")
    files.deliver(gone)
    files.deliver(files.drop(b"", ""))
    assert files.stored("batch/out/") == set()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "has no header"),
        (b'"transaction_id"x\n1\n', "header cannot be read as CSV"),
        (HEADER.encode(), "a header but no rows"),
        (row(1).encode(), "lacks the column"),
        (text([row(1) + ",x"], HEADER + ",colour").encode(), "'colour', which the schema does not know"),
        (text([row(1)]).replace("card_id", "cart_id").encode(), "lacks the column 'card_id' (did you mean"),
        (text([row(1)]).encode("utf-16"), "UTF-16"),
        (b"PAR1" + bytes(100), "Parquet"),
        (gzip.compress(text([row(1)]).encode())[:-9], "damaged or cut off"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_once(files, sns, content, words):
    told = files.run(content)
    files.run(content)
    assert told["status"] == "failed" and words in told["reason"]
    (notice,) = sns.published
    assert notice["Subject"] == "Not scored: batch/in/november.csv" and words in notice["Message"]


def test_what_was_scored_before_a_file_breaks_off_can_be_fetched(files, short_parts, sns):
    cards = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(400)]  # which hardly pack
    whole = gzip.compress(text(row(number, card_id=card) for number, card in enumerate(cards)).encode())
    told = files.run(whole[: len(whole) // 2])
    assert told["status"] == "failed" and "cut off" in told["reason"]
    assert told["rows"] > 0 and told["rows"] % 4 == 0
    assert [one["transaction_id"] for one in files.results()] == [f"t-{number}" for number in range(told["rows"])]
    (notice,) = sns.published
    assert notice["Subject"] == f"Not scored to its end: batch/in/{NAME}" and told["results"] in notice["Message"]


def test_addresses_with_blanks_can_be_pasted_into_a_shell(files, sns):
    files.run(text([row(1)]), "two words.csv")
    assert f"aws s3 cp 's3://{BUCKET}/batch/out/two words.csv' ." in sns.published[0]["Message"]


def test_progress_between_two_failures_of_a_service_counts(files, short_parts, monkeypatch):
    write, written = files.world.scoring.recorder.table.transact_write_items, []

    def fail_after_two_parts(**request):
        written.append(request)
        if len(written) > 8:
            raise client_error("InternalServerError")
        return write(**request)

    monkeypatch.setattr(files.world.scoring.recorder.table, "transact_write_items", fail_after_two_parts, raising=False)
    first = files.drop(text(row(number) for number in range(12)))
    found = first["detail"]["object"]
    files.deliver({"key": found["key"], "etag": found["etag"], "part": 0, "totals": {}, "tries": 59})
    assert [(rest["part"], rest["tries"]) for rest in files.sqs.sent] == [(2, 1)]


def test_a_corrected_schema_lets_a_refused_file_in(files):
    content = text([row(1) + ",x"], HEADER + ",colour")
    assert files.run(content)["status"] == "failed"
    document = contract("any").schema.to_dict() | {"extra_columns": "ignore"}
    files.world.serve(contract(SECOND, schema=Schema.from_dict(document)))
    files.world.seconds[0] += 60
    assert files.run(content)["status"] == "done"


def test_rows_are_tried_again_when_a_service_was_away_for_a_moment(files, monkeypatch):
    lost = [client_error("AccessDeniedException")] * 2
    write = files.world.scoring.recorder.table.transact_write_items

    def write_or_fail(**request):
        if lost:
            raise lost.pop()
        return write(**request)

    monkeypatch.setattr(files.world.scoring.recorder.table, "transact_write_items", write_or_fail, raising=False)
    assert files.run(text(row(number) for number in range(3)))["scored"] == 3
    assert files.paused == [0.5]


def test_while_a_service_stays_away_the_file_waits_and_then_fails(files, monkeypatch):
    def away(**_):
        raise client_error("InternalServerError")

    monkeypatch.setattr(files.world.scoring.recorder.table, "transact_write_items", away, raising=False)
    files.deliver(files.drop(text([row(1)])))
    assert files.summary()["status"] == "waiting" and "cannot be reached" in files.summary()["reason"]
    (rest,) = files.sqs.sent
    assert rest["tries"] == 1
    with pytest.raises(BatchProcessingError, match="cannot be reached"):
        files.deliver(rest | {"tries": 60})


def test_a_failure_of_the_bucket_is_left_to_the_queue(files, monkeypatch):
    event = files.drop(text([row(1)]))
    read = files.world.s3.get_object

    def refuse(**request):
        if request["Key"].startswith("batch/in/"):
            raise client_error("AccessDenied")
        return read(**request)

    monkeypatch.setattr(files.world.s3, "get_object", refuse)
    with pytest.raises(BatchProcessingError, match="AccessDenied"):
        files.deliver(event)
