"""One decision as one line of the log."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

LEFT_OUT = ("content_hash", "expires_at")  # they serve the table only
AS_JSON = ("reasons", "features", "transaction")


def line(record: DynamoDBRecord) -> bytes:
    """Ends with a newline, for Firehose adds none, and carries the event's id, for Firehose may deliver it twice."""
    image = (record.dynamodb.new_image if record.dynamodb else None) or {}
    decision = {name: _plain(name, value) for name, value in image.items() if name not in LEFT_OUT}
    return (json.dumps({"event_id": record.event_id} | decision, ensure_ascii=False) + "\n").encode()


def _plain(name: str, value: Any) -> Any:
    if name in AS_JSON:
        return json.loads(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and name != "fraud_probability" else float(value)
    return value
