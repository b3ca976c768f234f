"""Files dropped in the bucket start one training job, whatever comes twice, late, together or broken."""

import json
import tarfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from functions.aws.schemas import LARGEST_SCHEMA
from functions.train.handler import handler, wire
from functions.train.run import Run, SchemaFile
from functions.train.source import Source
from functions.train.uploads import File, FileDropped
from tests.functions.conftest import BUCKET, read, sample_event, stored, train_settings
from tests.functions.fakes import START


@pytest.fixture
def ports(s3, sagemaker, sns, clock):
    return replace(wire(train_settings(), s3, sagemaker, sns), now=clock)


@pytest.fixture
def dropped(ports, context, s3):
    """Delivers the event of a file that was dropped."""

    def deliver(key: str) -> dict[str, Any]:
        event = sample_event("train-file-dropped")
        body = json.loads(event["Records"][0]["body"])
        body["detail"]["object"]["key"] = key
        body["detail"]["object"]["etag"] = s3.head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"')
        del body["detail"]["object"]["version-id"]  # not every sender names it
        event["Records"][0]["body"] = json.dumps(body)
        return handler(event, context, ports=ports)

    return deliver


def manifest(s3, job: str) -> dict[str, Any]:
    return json.loads(read(s3, f"runs/{job}/input/manifest.json"))


def test_a_file_starts_a_job_on_exactly_the_versions_that_are_there(drop, dropped, sagemaker, s3):
    drop("transactions/a.csv", b"a")
    drop("transactions/sub/b.parquet", b"b")
    assert dropped("transactions/a.csv") == {"batchItemFailures": []}
    (job,) = sagemaker.jobs
    files = manifest(s3, job)["files"]
    assert [file["key"] for file in files] == ["transactions/a.csv", "transactions/sub/b.parquet"]
    for file in files:
        version = s3.head_object(Bucket=BUCKET, Key=file["key"], VersionId=file["version_id"])
        assert (version["ETag"].strip('"'), version["ContentLength"]) == (file["etag"], file["size"])


def test_the_job_finds_its_files_code_and_schema_where_its_channels_point(drop, dropped, sagemaker, s3):
    drop("transactions/Süd 2026/100% neu+alt.csv", b"a")
    dropped("transactions/Süd 2026/100% neu+alt.csv")
    (job,) = sagemaker.jobs
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")
        for channel in sagemaker.jobs[job]["InputDataConfig"]
    }
    assert json.loads(read(s3, channels["train"])) == [
        {"prefix": f"s3://{BUCKET}/transactions/"},
        "Süd 2026/100% neu+alt.csv",
    ]
    assert stored(s3, channels["run"]) == {f"{channels['run']}manifest.json", f"{channels['run']}schema.yaml"}
    with tarfile.open(fileobj=BytesIO(read(s3, f"{channels['code']}sourcedir.tar.gz"))) as tar:
        names = tar.getnames()
    assert {"model/train.py", "model/schema.yaml", "model/training/__init__.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_a_key_is_taken_from_the_event_as_it_is():
    body = json.loads(sample_event("train-odd-name")["Records"][0]["body"])
    assert FileDropped.from_event(body).key == "transactions/Süd 2026/100% neu+alt (1).csv.gz"


def test_a_file_with_a_plus_in_its_name_is_trained_on(drop, context, ports, sagemaker, s3):
    drop("transactions/Süd 2026/100% neu+alt (1).csv.gz", b"a")
    handler(sample_event("train-odd-name"), context, ports=ports)
    assert [file["key"] for job in sagemaker.jobs for file in manifest(s3, job)["files"]] == [
        "transactions/Süd 2026/100% neu+alt (1).csv.gz"
    ]


def test_files_dropped_together_start_one_job(drop, dropped, sagemaker, clock):
    keys = [f"transactions/{number}.csv" for number in range(5)]
    for key in keys:
        drop(key, key.encode())
    for key in [*keys, *keys]:
        dropped(key)
    assert len(sagemaker.jobs) == 1


def test_an_earlier_file_leaves_the_work_to_the_later_ones_event(drop, dropped, sagemaker, clock):
    drop("transactions/first.csv", b"1")
    clock.advance(seconds=20)
    drop("transactions/second.csv", b"2")
    dropped("transactions/first.csv")
    assert sagemaker.jobs == {}
    dropped("transactions/second.csv")
    assert len(sagemaker.jobs) == 1


def test_a_later_file_that_is_not_trained_on_delays_nothing(drop, dropped, sagemaker, clock):
    drop("transactions/first.csv", b"1")
    clock.advance(seconds=20)
    drop("transactions/empty.csv", b"")
    dropped("transactions/first.csv")
    assert len(sagemaker.jobs) == 1


def test_the_event_of_a_replaced_file_leaves_the_work_to_the_new_one(drop, context, ports, sagemaker, clock):
    drop("transactions/2026-11.csv", b"old")  # the sample event carries another ETag: it is of an older version
    drop("transactions/2026-11.csv", b"new", at=clock() + timedelta(hours=1))
    handler(sample_event("train-file-dropped"), context, ports=ports)
    assert sagemaker.jobs == {}


def test_the_event_of_a_deleted_file_trains_on_what_is_left(drop, context, ports, sagemaker, s3, clock):
    drop("transactions/other.csv", b"1", at=clock() - timedelta(days=1))
    handler(sample_event("train-file-dropped"), context, ports=ports)
    assert [file["key"] for job in sagemaker.jobs for file in manifest(s3, job)["files"]] == ["transactions/other.csv"]


def test_with_all_files_deleted_nothing_starts(context, ports, sagemaker, s3):
    assert handler(sample_event("train-file-dropped"), context, ports=ports) == {"batchItemFailures": []}
    assert sagemaker.jobs == {}


def test_the_same_bytes_dropped_again_start_nothing(drop, dropped, sagemaker, clock):
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    sagemaker.end_job(*sagemaker.jobs)
    clock.advance(hours=1)
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    assert len(sagemaker.jobs) == 1


def live(s3, model: str, artefact: bool = True) -> None:
    s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=json.dumps({"model": model}).encode())
    if artefact:
        s3.put_object(Bucket=BUCKET, Key=f"runs/{model}/output/model.tar.gz", Body=b"trees")


def champions(job: dict[str, Any]) -> list[str]:
    return [
        channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in job["InputDataConfig"]
        if channel["ChannelName"] == "champion"
    ]


def test_the_model_that_serves_is_what_the_next_one_is_tried_against(drop, dropped, sagemaker, s3, clock):
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    (first,) = sagemaker.jobs
    assert champions(sagemaker.jobs[first]) == []
    live(s3, first)
    clock.advance(hours=1)
    drop("transactions/b.csv", b"b")
    dropped("transactions/b.csv")
    (second,) = sagemaker.jobs.keys() - {first}
    assert champions(sagemaker.jobs[second]) == [f"s3://{BUCKET}/runs/{first}/output/model.tar.gz"]


def test_another_model_going_live_makes_no_other_job_of_the_same_files(drop, dropped, sagemaker, s3):
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    live(s3, "fraud-0123456789abcdef")
    dropped("transactions/a.csv")
    assert len(sagemaker.jobs) == 1


@pytest.mark.parametrize(("model", "artefact"), [("fraud-0123456789abcdef", False), ("model-made-by-hand", True)])
def test_what_serves_without_an_artefact_of_this_stack_does_not_keep_from_training(
    drop, dropped, sagemaker, s3, model, artefact
):
    live(s3, model, artefact)
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    (job,) = sagemaker.jobs.values()
    assert champions(job) == []


def test_a_further_file_starts_a_job_on_all(drop, dropped, sagemaker, s3, clock):
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    clock.advance(hours=1)
    drop("transactions/b.csv", b"b")
    dropped("transactions/b.csv")
    assert sorted(len(manifest(s3, job)["files"]) for job in sagemaker.jobs) == [1, 2]


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_after_a_failed_job_a_dropped_file_starts_the_next_attempt(drop, dropped, sagemaker, clock, status):
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    (first,) = sagemaker.jobs
    sagemaker.end_job(first, status)
    dropped("transactions/a.csv")  # the old event again
    assert list(sagemaker.jobs) == [first]
    for attempt in (2, 3):
        clock.advance(minutes=5)
        drop("transactions/a.csv", b"a")
        dropped("transactions/a.csv")
        assert list(sagemaker.jobs)[-1] == f"{first}-r{attempt}"
        sagemaker.end_job(f"{first}-r{attempt}", status)


def test_another_schema_makes_another_job(drop, dropped, sagemaker, s3, clock):
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    s3.put_object(Bucket=BUCKET, Key="config/schema.yaml", Body=b"name: mine\n")
    dropped("transactions/a.csv")
    first, second = sagemaker.jobs
    assert read(s3, f"runs/{second}/input/schema.yaml") == b"name: mine\n"
    assert manifest(s3, first)["schema"]["source"] == "packaged"
    assert manifest(s3, second)["schema"]["source"] == "config/schema.yaml"
    assert manifest(s3, second)["schema"]["version_id"]


def test_the_same_files_in_the_bucket_of_a_new_stack_are_another_run():
    source = Source("c" * 64, b"")
    files = (File("transactions/a.csv", "v1", "e" * 32, 1, START),)
    runs = [Run(bucket, files, (), SchemaFile(b"", "packaged"), source, {}) for bucket in ("old", "new", "new")]
    first, second, third = (run.idempotency_hash for run in runs)
    assert first != second == third


def test_a_schema_of_unreasonable_size_is_refused_by_name(drop, dropped, sagemaker, s3, sns):
    s3.put_object(Bucket=BUCKET, Key="config/schema.yaml", Body=b" " * (LARGEST_SCHEMA + 1))
    drop("transactions/a.csv", b"a")
    dropped("transactions/a.csv")
    dropped("transactions/a.csv")
    assert sagemaker.jobs == {}
    assert len(sns.published) == 1 and "config/schema.yaml" in sns.published[0]["Message"]


def test_a_folder_starts_nothing_and_nobody_is_told(drop, context, ports, sagemaker, sns):
    drop("transactions/2026/", b"")
    handler(sample_event("train-folder"), context, ports=ports)
    assert sagemaker.jobs == {} and sns.published == []


@pytest.mark.parametrize(
    ("event", "key", "content", "reason"),
    [
        ("train-empty-file", "transactions/empty.csv", b"", "is empty"),
        ("train-unsupported-file", "transactions/november.xlsx", b"PK", "is not one of *.csv, *.csv.gz, *.parquet"),
    ],
)
def test_a_file_that_cannot_be_trained_on_is_named_once(
    drop, context, ports, sagemaker, sns, event, key, content, reason
):
    drop(key, content)
    for _ in range(3):
        handler(sample_event(event), context, ports=ports)
    assert sagemaker.jobs == {}
    assert len(sns.published) == 1 and f"{key} {reason}" in sns.published[0]["Message"]


def test_ignored_files_are_named_in_the_manifest(drop, dropped, sagemaker, s3):
    drop("transactions/a.csv", b"a")
    drop("transactions/notes.txt", b"n")
    dropped("transactions/a.csv")
    (job,) = sagemaker.jobs
    assert [file["key"] for file in manifest(s3, job)["ignored"]] == ["transactions/notes.txt"]


def test_more_than_a_thousand_files_are_all_listed(drop, dropped, sagemaker, s3):
    for number in range(1005):
        drop(f"transactions/{number:04}.csv", b"x")
    dropped("transactions/0007.csv")
    (job,) = sagemaker.jobs
    assert len(manifest(s3, job)["files"]) == 1005


def test_two_at_the_same_moment_start_one_job(drop, dropped, sagemaker):
    drop("transactions/a.csv", b"a")
    sagemaker.then("CreateTrainingJob", lambda: dropped("transactions/a.csv"))
    assert dropped("transactions/a.csv") == {"batchItemFailures": []}
    assert len(sagemaker.jobs) == 1


def test_a_name_taken_by_other_files_is_an_error_and_not_success(drop, dropped, sagemaker):
    drop("transactions/a.csv", b"a")

    def take_it() -> None:
        dropped("transactions/a.csv")
        (job,) = sagemaker.jobs.values()
        job["InputDataConfig"] = [{"DataSource": {"S3DataSource": {"S3Uri": "s3://elsewhere/"}}}]

    sagemaker.then("CreateTrainingJob", take_it)
    with pytest.raises(BatchProcessingError):
        dropped("transactions/a.csv")


def test_over_quota_the_message_comes_back_and_people_are_told_once(drop, dropped, sagemaker, sns):
    drop("transactions/a.csv", b"a")
    for _ in range(3):
        sagemaker.fail_next("CreateTrainingJob", "ResourceLimitExceeded", "The account-level service limit is 0")
        assert len(dropped("transactions/a.csv")["batchItemFailures"]) == 1
    assert len(sns.published) == 1 and "The account-level service limit is 0" in sns.published[0]["Message"]
    assert dropped("transactions/a.csv") == {"batchItemFailures": []}
    assert len(sagemaker.jobs) == 1


def test_when_throttled_the_message_comes_back_without_an_error(drop, dropped, sagemaker):
    drop("transactions/a.csv", b"a")
    sagemaker.fail_next("CreateTrainingJob", "ThrottlingException")
    assert len(dropped("transactions/a.csv")["batchItemFailures"]) == 1


def test_a_crash_before_the_job_is_made_good_by_the_next_delivery(drop, dropped, sagemaker, s3, clock):
    drop("transactions/a.csv", b"a")
    sagemaker.fail_next("CreateTrainingJob", "InternalFailure")
    with pytest.raises(BatchProcessingError):
        dropped("transactions/a.csv")
    clock.advance(minutes=6)
    dropped("transactions/a.csv")
    (job,) = sagemaker.jobs
    assert manifest(s3, job)["job"] == job


def test_a_message_that_is_no_event_fails_the_invocation(context, ports):
    event = sample_event("train-file-dropped")
    event["Records"][0]["body"] = "hello"
    with pytest.raises(BatchProcessingError):
        handler(event, context, ports=ports)
