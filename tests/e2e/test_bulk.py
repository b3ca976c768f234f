"""A file dropped under batch/in/ is scored once, as requests for its rows would be, and what cannot be is told."""

import csv
import gzip
import io
import os
from typing import Any

import pandas as pd
import pytest

from .stack import Stack, wait_for

ROWS, COMPARED = 600, 60  # two parts of a file
STRANGERS = ("customer_id", "card_id", "terminal_id")
WITH_A_PAST = ["email", "ip_address"]


@pytest.fixture
def payments(simulated: pd.DataFrame) -> pd.DataFrame:
    """The first of them, in the order of time."""
    return simulated.sort_values("timestamp", kind="stable").head(ROWS).drop(columns=WITH_A_PAST)


def of_strangers(payments: pd.DataFrame) -> pd.DataFrame:
    """The same payments of people nobody has met: nothing tells two such copies apart but their names."""
    mark = os.urandom(4).hex()
    names = {column: f"{mark}-" + payments[column].astype(str) for column in STRANGERS}
    return payments.assign(**names, transaction_id=[f"bulk-{mark}-{number}" for number in range(len(payments))])


def ended(stack: Stack, name: str) -> dict[str, Any]:
    def summary() -> dict[str, Any] | None:
        key = f"batch/out/{name}.summary.json"
        told = stack.read_json(key) if key in stack.keys(key) else {}
        return told if told.get("status") in ("done", "failed") else None

    return wait_for(f"the end of {name}", summary, 300)


def results(stack: Stack, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stack.read_object(f"batch/out/{name}.csv").decode())))


def test_a_file_is_decided_as_requests_for_its_rows_are(stack: Stack, payments: pd.DataFrame) -> None:
    in_file, posted = of_strangers(payments), of_strangers(payments.drop(columns="is_fraud")).head(COMPARED)
    name = f"payments-{os.urandom(4).hex()}"
    content = in_file.to_csv(index=False).encode() + b"too,few\n"

    with stack.inbox() as inbox:
        stack.upload(f"batch/in/{name}.csv.gz", gzip.compress(content))
        told = ended(stack, name)
        notice = inbox.wait_for(f"Scored: batch/in/{name}.csv.gz", seconds=60)

    assert told | {"status": "done", "rows": ROWS + 1, "scored": ROWS, "rejected": 1} == told, told
    assert told["ignored_columns"] == ["is_fraud"] and told["models"] == {stack.live()["model"]: ROWS}
    assert told["scored_by"] == {"endpoint": ROWS} and sum(told["outcomes"].values()) == ROWS
    assert told["rejected_rows"] == [
        {"row": ROWS + 2, "field": "row", "expected": f"has 2 values where the header has {len(in_file.columns)}"}
    ]
    assert f"aws s3 cp s3://{stack.bucket}/batch/out/{name}.csv ." in notice

    found = results(stack, name)
    assert [one["transaction_id"] for one in found] == in_file["transaction_id"].tolist()
    for request, line in zip(posted.to_dict("records"), found, strict=False):
        answer = stack.post("/score", json={key: value for key, value in request.items() if not pd.isna(value)})
        assert answer.status_code == 200, answer.text
        kept = stack.get(f"/decisions/{line['transaction_id']}").json()
        alike = {key: answer.json()[key] for key in ("fraud_probability", "score", "outcome", "model", "reasons")}
        assert {key: kept[key] for key in alike} == alike
        assert float(line["fraud_probability"]) == pytest.approx(kept["fraud_probability"], rel=1e-8)
        assert (int(line["score"]), line["outcome"]) == (kept["score"], kept["outcome"])
        assert line["reasons"] == "; ".join(reason["text"] for reason in kept["reasons"])


def test_the_same_file_again_changes_nothing(stack: Stack, payments: pd.DataFrame) -> None:
    name, content = f"again-{os.urandom(4).hex()}", of_strangers(payments.head(20)).to_csv(index=False).encode()

    def stamps() -> set[tuple[str, Any]]:
        listed = stack.s3.list_objects_v2(Bucket=stack.bucket, Prefix=f"batch/out/{name}")["Contents"]
        return {(item["Key"], item["LastModified"]) for item in listed}

    stack.upload(f"batch/in/{name}.csv", content)
    first = ended(stack, name)
    before = stamps()
    stack.upload(f"batch/in/{name}.csv", content)
    stack.upload(f"batch/in/{name}-later.csv", content)
    ended(stack, f"{name}-later")

    assert first["scored"] == 20
    assert stamps() == before | {item for item in stamps() if "-later" in item[0]}
    assert results(stack, f"{name}-later") == results(stack, name)


def test_a_file_that_is_none_is_told(stack: Stack) -> None:
    name = f"none-{os.urandom(4).hex()}"
    with stack.inbox() as inbox:
        stack.upload(f"batch/in/{name}.parquet", b"PAR1" + bytes(100))
        told = inbox.wait_for(f"Not scored: batch/in/{name}.parquet", seconds=60)
    assert "Parquet" in told
    assert ended(stack, f"{name}.parquet")["status"] == "failed"
