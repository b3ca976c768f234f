"""Labels, posted or dropped as files, and what training knew: both are in the history that scoring reads."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pandas as pd
import pytest

from model.schema import load

from .stack import Stack

Transactions = list[dict[str, Any]]
LABEL_DELAY = timedelta(days=7)  # of model/schema.yaml
NOW = datetime.now(UTC).replace(microsecond=0)


def features(stack: Stack, transaction_id: str) -> dict[str, Any]:
    return dict(decision(stack, transaction_id)["features"])


def decision(stack: Stack, transaction_id: str) -> dict[str, Any]:
    found = stack.get(f"/decisions/{transaction_id}")
    assert found.status_code == 200, found.text
    return dict(found.json())


def score(stack: Stack, transaction: dict[str, Any], moment: datetime, **changes: Any) -> dict[str, Any]:
    answer = stack.post("/score", json=transaction | {"timestamp": moment.isoformat()} | changes)
    assert answer.status_code == 200, answer.text
    return features(stack, answer.json()["transaction_id"])


def label(stack: Stack, transaction_id: str, word: str) -> str:
    answer = stack.post("/labels", json={"transaction_id": transaction_id, "label": word})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def test_a_fraud_raises_the_terminals_risk_once_the_label_delay_is_over(
    stack: Stack, transactions: Transactions
) -> None:
    stolen, soon, later, corrected = (one | {"terminal_id": f"T-{os.urandom(4).hex()}"} for one in transactions[:4])
    soon["terminal_id"] = later["terminal_id"] = corrected["terminal_id"] = stolen["terminal_id"]
    then = NOW - timedelta(days=20)

    score(stack, stolen, then)
    assert label(stack, stolen["transaction_id"], "fraud") == "recorded"

    assert score(stack, soon, then + LABEL_DELAY / 2)["terminal_frauds_30d"] == 0
    known = score(stack, later, then + LABEL_DELAY + timedelta(days=3))
    assert (known["terminal_frauds_30d"], known["terminal_count_30d"]) == (1, 2)
    assert label(stack, stolen["transaction_id"], "legit") == "recorded"
    assert score(stack, corrected, then + LABEL_DELAY + timedelta(days=4))["terminal_frauds_30d"] == 0


def test_a_label_that_comes_again_changes_nothing_and_every_label_stays_on_record(
    stack: Stack, transactions: Transactions
) -> None:
    name = transactions[0]["transaction_id"]
    first = stack.post("/score", json=transactions[0]).json()

    assert [label(stack, name, word) for word in ("fraud", "fraud", "legit", "legit")] == [
        "recorded",
        "unchanged",
        "recorded",
        "unchanged",
    ]
    found = decision(stack, name)
    assert (found["label"], [entry["label"] for entry in found["label_trail"]]) == ("legit", ["fraud", "legit"])
    assert stack.post("/score", json=transactions[0]).json() == first


def test_a_hundred_labels_are_recorded_at_once_and_the_unknown_are_set_aside(
    stack: Stack, transactions: Transactions
) -> None:
    for transaction in transactions[:99]:
        assert stack.post("/score", json=transaction).status_code == 200
    names = [transaction["transaction_id"] for transaction in transactions[:99]] + [f"never-{os.urandom(4).hex()}"]

    answer = stack.post("/labels", json={"labels": [{"transaction_id": name, "label": "fraud"} for name in names]})

    assert [one["status"] for one in answer.json()["labels"]] == ["recorded"] * 99 + ["unknown"]
    assert any(names[-1] in stack.read_object(key).decode() for key in stack.keys("labels-unknown/"))


def test_labels_that_meet_each_other_and_new_payments_at_one_terminal_count_once_each(
    stack: Stack, transactions: Transactions
) -> None:
    terminal, then = f"T-{os.urandom(4).hex()}", NOW - timedelta(days=20)
    payments = [one | {"terminal_id": terminal, "timestamp": then.isoformat()} for one in transactions[:20]]
    for payment in payments[:10]:
        assert stack.post("/score", json=payment).status_code == 200

    def call(number: int) -> str:
        if number < 30:  # each of ten labels three times
            return label(stack, payments[number % 10]["transaction_id"], "fraud")
        return str(stack.post("/score", json=payments[number - 20]).status_code)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, sorted(range(40), key=lambda number: number % 10)))

    assert Counter(answers) == {"recorded": 10, "unchanged": 20, "200": 10}
    known = score(stack, transactions[50] | {"terminal_id": terminal}, then + LABEL_DELAY + timedelta(days=3))
    assert (known["terminal_frauds_30d"], known["terminal_count_30d"]) == (10, 20)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"transaction_id": "one", "label": "stolen"}, "label"),
        ({"labels": [{"transaction_id": "one", "label": "fraud"}, {"label": "fraud"}]}, "labels[1].transaction_id"),
        ({"transaction_id": "one", "label": "fraud", "labelled_at": "2126-01-01T00:00:00Z"}, "labelled_at"),
    ],
)
def test_a_bad_label_is_named(stack: Stack, document: dict[str, Any], field: str) -> None:
    answer = stack.post("/labels", json=document)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_a_file_in_amazon_fraud_detectors_columns_labels_decisions(stack: Stack, transactions: Transactions) -> None:
    name = transactions[0]["transaction_id"]
    assert stack.post("/score", json=transactions[0]).status_code == 200
    rows = f"{name},fraud,2026-01-05T10:00:00Z\nnever-{name},legit,2026-01-05T10:00:00Z\n"

    with stack.inbox() as inbox:
        stack.upload(f"labels/{name} a+b.csv", f"EVENT_ID,EVENT_LABEL,LABEL_TIMESTAMP\n{rows}".encode())
        told = inbox.wait_for("Labels recorded in part", name, seconds=60)

    assert "unknown: 1" in told
    assert decision(stack, name)["labelled_at"] == "2026-01-05T10:00:00+00:00"
    assert stack.read_json(f"labels-done/{name} a+b.csv.json")["recorded"] == 1


def test_the_first_event_of_an_entity_sees_what_training_knew_of_it(stack: Stack, transactions: Transactions) -> None:
    rows = trained_on(stack)
    last = rows.groupby("customer_id")["time"].max().sort_values()
    customer, moment = last.index[-5], last.iloc[-5]
    own = rows[rows["customer_id"] == customer]
    usual = own.sort_values("time")["terminal_id"].iloc[-1]

    found = score(
        stack, transactions[0], moment.to_pydatetime() + timedelta(minutes=5), customer_id=customer, terminal_id=usual
    )

    resolution = load().history_plan.resolution
    bucket = pd.Timedelta(days=30) // resolution
    first = (moment + timedelta(minutes=5) - pd.Timestamp(0, tz="UTC")) // bucket - resolution + 1
    assert found["customer_count_30d"] >= ((own["time"] - pd.Timestamp(0, tz="UTC")) // bucket >= first).sum() > 0
    assert found["customer_seconds_since_last"] <= 300
    assert found["customer_seconds_known"] >= min((moment - own["time"].min()).total_seconds(), 30 * 86400)
    assert found["customer_new_terminal"] == 0


def trained_on(stack: Stack) -> pd.DataFrame:
    """The rows of the live model's training, with the time as such."""
    files = stack.read_json(f"runs/{stack.live()['model']}/input/manifest.json")["files"]
    frames = []
    for file in files:
        found = stack.s3.get_object(Bucket=stack.bucket, Key=file["key"], VersionId=file["version_id"])
        content = BytesIO(found["Body"].read())
        if file["key"].endswith(".parquet"):
            frames.append(pd.read_parquet(content).astype(object))
        else:
            packed = "gzip" if file["key"].endswith(".gz") else None
            frames.append(pd.read_csv(content, dtype=object, compression=packed))
    rows = pd.concat(frames, ignore_index=True)
    times = pd.to_datetime(rows["timestamp"], utc=True, format="ISO8601", errors="coerce")
    return rows.assign(time=times).dropna(subset=["time", "customer_id", "terminal_id"])
