"""A world in which files are dropped to be scored, and somebody who delivers the messages about them."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from functions.bulk.handler import handler, wire
from tests.functions.conftest import BUCKET, BULK_SETTINGS, TABLE, client, read, sample_event, stored
from tests.functions.fakes import Clock
from tests.functions.world import World

COLUMNS = ("transaction_id", "timestamp", "customer_id", "card_id", "amount", "currency", "merchant_category")
HEADER = ",".join(COLUMNS)
NAME = "november.csv"


def row(number: int, **changes: object) -> str:
    values = {
        "transaction_id": f"t-{number}",
        "timestamp": f"2026-11-20T{number % 24:02}:{number % 60:02}:00Z",
        "customer_id": f"c-{number % 3}",
        "card_id": f"k-{number % 3}",
        "amount": f"{10 + number}.50",
        "currency": "EUR",
        "merchant_category": "groceries",
    }
    return ",".join(str((values | changes)[name]) for name in COLUMNS)


def text(rows: Iterable[str], header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


class Bulk:
    def __init__(self, world: World, sqs: Any, sns: Any, clock: Clock) -> None:
        self.world, self.sqs, self.sns, self.clock, self.paused = world, sqs, sns, clock, list[float]()
        self.wire()

    def wire(self) -> None:
        """Again, when something of the world is another one."""
        self.files = wire(BULK_SETTINGS, self.world.scoring, self.world.s3, self.sqs, self.sns, self.clock, self.pause)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def drop(self, content: str | bytes, name: str = NAME) -> dict[str, Any]:
        """The event that tells of it."""
        body = content if isinstance(content, bytes) else content.encode()
        self.world.s3.put_object(Bucket=BUCKET, Key=f"batch/in/{name}", Body=body)
        etag = self.world.s3.head_object(Bucket=BUCKET, Key=f"batch/in/{name}")["ETag"].strip('"')
        event = json.loads(sample_event("bulk-file-dropped")["Records"][0]["body"])
        event["detail"]["object"] |= {"key": f"batch/in/{name}", "etag": etag}
        return dict(event)

    def deliver(self, body: dict[str, Any]) -> None:
        event = sample_event("bulk-file-dropped")
        event["Records"][0]["body"] = json.dumps(body)
        assert handler(event, self.world.context, ports=self.files) == {"batchItemFailures": []}

    def run(self, content: str | bytes, name: str = NAME) -> dict[str, Any]:
        """Drops a file, delivers its event and all that the function sends itself; what the summary says then."""
        self.deliver(self.drop(content, name))
        while self.sqs.sent:
            self.deliver(self.sqs.sent.pop(0))
        return self.summary(name)

    def summary(self, name: str = NAME) -> dict[str, Any]:
        return dict(json.loads(read(self.world.s3, f"batch/out/{name.removesuffix('.csv')}.summary.json")))

    def results(self, key: str = "batch/out/november.csv") -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(read(self.world.s3, key).decode())))

    def stored(self, prefix: str = "batch/") -> set[str]:
        return stored(self.world.s3, prefix)

    def decision(self, transaction_id: str) -> dict[str, Any] | None:
        found = client("dynamodb").get_item(TableName=TABLE, Key={"transaction_id": {"S": transaction_id}})
        return found.get("Item")
