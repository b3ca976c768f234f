"""Decisions that wait for their labels, and a caller who posts them."""

import json
from typing import Any

from functions.label.handler import handler, wire
from tests.contract import service_model
from tests.functions import description
from tests.functions.conftest import HISTORY, LABEL_SETTINGS, TABLE, client, sample_event
from tests.functions.fakes import Clock

KEYS = ["1a2b3c4d#customer_id#00", "1a2b3c4d#terminal_id#ff"]
COUNTER = "f0.kd3"


class Table:
    """moto's tables behind a check of every request, with things that happen just before a write."""

    def __init__(self) -> None:
        self.writes = 0
        self.before_write: list[Any] = []

    def get_item(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "GetItem", request) == []
        return client("dynamodb").get_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        assert service_model.problems("dynamodb", "TransactWriteItems", request) == []
        self.writes += 1
        if self.before_write:
            self.before_write.pop(0)()
        return client("dynamodb").transact_write_items(**request)


class World:
    def __init__(self, s3: Any, sqs: Any, sns: Any, context: Any, clock: Clock) -> None:
        self.s3, self.sqs, self.sns, self.context, self.clock, self.table = s3, sqs, sns, context, clock, Table()
        self.ports = wire(LABEL_SETTINGS, self.table, s3, sqs, sns, clock, pause=lambda _: None)  # type: ignore[arg-type]
        self.decide("payment-1")

    def decide(self, transaction_id: str, keys: list[str] | None = None) -> None:
        history = json.dumps({"keys": KEYS if keys is None else keys, "label": {COUNTER: 1}})
        item = {"transaction_id": {"S": transaction_id}, "outcome": {"S": "approve"}, "history": {"S": history}}
        client("dynamodb").put_item(TableName=TABLE, Item=item)

    def post(self, *labels: dict[str, Any], **one: Any) -> tuple[int, Any]:
        return self.post_text(json.dumps(one or {"labels": list(labels)}))

    def post_text(self, text: str) -> tuple[int, Any]:
        event = sample_event("label-one") | {"body": text}
        answer = handler(event, self.context, ports=self.ports)
        description.check(event, answer["statusCode"], answer["headers"], answer["body"])
        return answer["statusCode"], json.loads(answer["body"])

    def label(self, transaction_id: str, label: str, at: str | None = None) -> str:
        status, answer = self.post(transaction_id=transaction_id, label=label, **({"labelled_at": at} if at else {}))
        assert status == 200, answer
        return str(answer["status"])

    def decision(self, transaction_id: str) -> dict[str, Any]:
        key = {"transaction_id": {"S": transaction_id}}
        return dict(client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"])

    def frauds(self, key: str = KEYS[0]) -> int:
        item = client("dynamodb").get_item(TableName=HISTORY, Key={"entity": {"S": key}}).get("Item", {})
        return int(item.get(COUNTER, {"N": "0"})["N"])

    def trail(self, transaction_id: str) -> list[str]:
        return [entry["label"] for entry in json.loads(self.decision(transaction_id)["label_trail"]["S"])]
