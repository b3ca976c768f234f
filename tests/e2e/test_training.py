"""Files dropped in S3: what starts a training, what it reads, what happens to bad ones."""

import gzip
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from .conftest import TOOLS, shell, simulate
from .stack import Stack, wait_for


@pytest.fixture(autouse=True)
def _training_files_restored(stack: Stack) -> Iterator[None]:
    """Leave the bucket's training files as they were."""
    before = {key: stack.read_object(key) for key in stack.keys("transactions/")}
    yield
    for key in stack.keys("transactions/"):
        if key not in before:
            stack.s3.delete_object(Bucket=stack.bucket, Key=key)
    for key in before.keys() - set(stack.keys("transactions/")):
        stack.upload(key, before[key])
    wait_for("the end of every training", lambda: not running(stack), 400)


def running(stack: Stack) -> list[str]:
    summaries = stack.sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]
    return [job["TrainingJobName"] for job in summaries]


def csv(rows: pd.DataFrame, mark: str) -> bytes:
    return rows.assign(transaction_id=[f"{mark}-{n}" for n in range(len(rows))]).to_csv(index=False).encode()


@contextmanager
def scoring_goes_on(stack: Stack, transaction: dict[str, Any]) -> Iterator[list[tuple[int, str]]]:
    """A client that scores about 20 times a second while the block runs; yields (status, model) pairs."""
    seen: list[tuple[int, str]] = []
    done = threading.Event()

    def client() -> None:
        while not done.wait(0.05):
            name = f"{transaction['transaction_id']}-{len(seen)}"
            response = stack.post("/score", json=transaction | {"transaction_id": name})
            seen.append((response.status_code, response.json().get("model", response.text)))

    thread = threading.Thread(target=client)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def test_a_second_file_retrains_and_replaces_the_model_without_a_failed_request(
    stack: Stack, simulated: pd.DataFrame, transactions: list[dict[str, Any]], tmp_path: Path
) -> None:
    before, known = stack.live()["model"], stack.jobs()
    path = tmp_path / "second day.csv"
    path.write_bytes(csv(simulated, os.urandom(3).hex()))
    copy = [str(TOOLS / "aws"), "s3", "cp", str(path), f"s3://{stack.bucket}/transactions/"]

    with scoring_goes_on(stack, transactions[0]) as seen:
        subprocess.run(copy, env=shell(stack), check=True, capture_output=True, timeout=60)
        job = stack.wait_for_new_job(known)
        stack.wait_until_live(job)
        wait_for("an answer of the new model", lambda: seen[-1][1] == job)

    assert {status for status, _ in seen} == {200}, [answer for answer in seen if answer[0] != 200][:3]
    assert seen[0][1] == before
    assert {model for _, model in seen} == {before, job}


def test_the_next_model_is_compared_with_the_one_that_serves_on_later_transactions(
    stack: Stack, tmp_path: Path
) -> None:
    before, known = stack.live()["model"], stack.jobs()
    for path in simulate(tmp_path, rows=8000, days=30, start="2026-11-01", seed=78):
        stack.upload(f"transactions/later-{path.name}", path.read_bytes())

    job = stack.wait_for_new_job(known)
    stack.wait_until_live(job)

    champion = stack.read_json(f"runs/{job}/evaluation.json")["champion"]
    assert champion["compared"], champion["text"]
    assert champion["model"] == before
    assert champion["trained_until"] < champion["from"]
    for figure, difference in champion["difference"].items():
        assert difference["low"] <= difference["value"] <= difference["high"]
        assert 0 < champion["champion"][figure] <= 1
    assert before in stack.read_object(f"runs/{job}/report.html").decode()


def test_twenty_files_at_once_train_once_on_the_nineteen_that_hold_data_and_again_on_none(
    stack: Stack, simulated: pd.DataFrame
) -> None:
    for key in stack.keys("transactions/"):
        stack.s3.delete_object(Bucket=stack.bucket, Key=key)
    mark, known = os.urandom(3).hex(), stack.jobs()
    odd = ["a b.csv", "a+b.csv", "100%.csv", "müller/straße.csv", "deep/er/file.csv", "q?=&.csv", "per%20cent.csv"]
    names = [f"{mark}/{name}" for name in odd] + [f"{mark}/part-{number}.csv" for number in range(12)]
    parts = {f"transactions/{name}": csv(simulated.iloc[n::19], f"{mark}{n}") for n, name in enumerate(names)}
    parts[f"transactions/{mark}/zipped.csv.gz"] = gzip.compress(parts.pop(f"transactions/{mark}/part-11.csv"))
    everything = parts | {f"transactions/{mark}/empty.csv": b""}
    assert len(everything) == 20

    for key, body in everything.items():
        stack.upload(key, body)
    job = stack.wait_for_new_job(known)
    assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Completed"
    stack.wait_until_live(job)

    assert stack.jobs() - known == {job}
    manifest = stack.read_json(f"runs/{job}/input/manifest.json")
    assert {file["key"] for file in manifest["files"]} == parts.keys()
    assert all(file["version_id"] for file in manifest["files"])

    for key, body in everything.items():
        stack.upload(key, body)
    queue = stack.outputs["UploadsQueueUrl"]
    wait_for("an empty uploads queue", lambda: queue_is_empty(stack, queue))
    assert stack.jobs() - known == {job}


def queue_is_empty(stack: Stack, queue: str) -> bool:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    counts = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return not any(int(counts[name]) for name in names)


def test_a_few_bad_rows_are_set_aside_and_the_rest_is_trained_on(stack: Stack, simulated: pd.DataFrame) -> None:
    mark, known = os.urandom(3).hex(), stack.jobs()
    rows = simulated.copy()
    rows.loc[rows.index[41], "amount"] = "a lot"
    stack.upload(f"transactions/{mark}.csv", csv(rows, mark))

    job = stack.wait_for_new_job(known)
    assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Completed"
    stack.wait_until_live(job)

    rejected = stack.read_object(f"runs/{job}/rejected.csv").decode()
    assert f"{mark}.csv" in rejected
    assert ",43," in rejected  # line 43: the header is line 1
    assert "amount" in rejected


def test_a_model_trained_on_worthless_labels_is_rejected_and_the_old_one_serves_on(
    stack: Stack, simulated: pd.DataFrame, transactions: list[dict[str, Any]]
) -> None:
    before, known, mark = stack.live()["model"], stack.jobs(), os.urandom(3).hex()
    for key in stack.keys("transactions/"):
        stack.s3.delete_object(Bucket=stack.bucket, Key=key)
    labels = simulated["is_fraud"].sample(frac=1, random_state=5).to_numpy()
    with stack.inbox() as inbox:
        stack.upload(f"transactions/{mark}.csv", csv(simulated.assign(is_fraud=labels), mark))
        job = stack.wait_for_new_job(known)
        told = inbox.wait_for(job, "Rejected")

    assert "not shown to be better than guessing" in told and f"Model {before} serves on." in told
    verdict = stack.read_json(f"runs/{job}/gate.json")
    assert (verdict["verdict"], verdict["serving"]) == ("reject", before)
    assert stack.read_json(f"runs/{before}/gate.json")["verdict"] == "pass"
    assert not [key for key in stack.keys(f"runs/{job}/history/") if "part-" not in key and "index" not in key]
    (package,) = stack.sagemaker.list_model_packages(
        ModelPackageGroupName=stack.stack_name, SortOrder="Descending", MaxResults=1
    )["ModelPackageSummaryList"]
    assert (package["ModelPackageDescription"], package["ModelApprovalStatus"]) == (job, "Rejected")
    assert job not in {model["ModelName"] for model in stack.sagemaker.list_models(NameContains=job)["Models"]}
    endpoint = stack.sagemaker.describe_endpoint(EndpointName=stack.endpoint_name)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", before)
    assert stack.post("/score", json=transactions[0]).json()["model"] == before


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("header.csv", b"id,when,how_much\n1,2026-01-01T00:00:00Z,5\n", ["header.csv"]),
        ("picture.csv", bytes(range(256)) * 40, ["picture.csv"]),
        ("not-parquet.parquet", b"PAR1 but not really", ["not-parquet.parquet"]),
    ],
)
def test_a_bad_file_fails_the_training_by_name_and_the_old_model_serves_on(
    stack: Stack, transactions: list[dict[str, Any]], name: str, body: bytes, words: list[str]
) -> None:
    before, known = stack.live()["model"], stack.jobs()
    with stack.inbox() as inbox:
        stack.upload(f"transactions/{name}", body)
        job = stack.wait_for_new_job(known)
        told = inbox.wait_for(job, *words)

    assert stack.wait_for_job_end(job)["TrainingJobStatus"] == "Failed"
    assert "failed" in told.lower()
    assert stack.post("/score", json=transactions[0]).json()["model"] == before
    assert stack.live()["model"] == before
