"""One decision as one line of the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from functions.score.decisions import Row

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

LEFT_OUT = ("content_hash", "expires_at", "history")  # they serve the table only


def line(record: DynamoDBRecord) -> bytes:
    """Ends with a newline, for Firehose adds none, and carries the event's id, for Firehose may deliver it twice."""
    row = Row.from_item(record.raw_event["dynamodb"]["NewImage"])
    decision = {name: value for name, value in row.values.items() if name not in LEFT_OUT} | row.marks()
    return (json.dumps({"event_id": record.event_id} | decision, ensure_ascii=False) + "\n").encode()
