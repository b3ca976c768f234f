"""Lambda on the decisions table's stream: every new decision becomes a line of the log in S3."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent

from functions import settings
from functions.archive.delivery import deliver
from functions.archive.lines import line
from functions.aws import clients, metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_firehose import FirehoseClient

logger, tracer = Logger(), Tracer()


@dataclass(frozen=True)
class Ports:
    firehose: FirehoseClient
    settings: settings.ArchiveSettings
    pause: Callable[[float], None]
    count: Callable[[str, int], None]


@cache
def aws_ports() -> Ports:
    return Ports(clients.firehose(), settings.load(settings.ArchiveSettings), time.sleep, metrics.count)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], _: LambdaContext, *, ports: Ports | None = None) -> dict[str, Any]:
    wired = ports or aws_ports()
    records = [record for record in DynamoDBStreamEvent(event).records if record.raw_event["eventName"] == "INSERT"]
    refused = deliver(wired.firehose, wired.settings.delivery_stream, [line(record) for record in records], wired.pause)
    wired.count("DecisionsArchived", len(records) if refused is None else refused)
    if refused is None:
        return {"batchItemFailures": []}
    logger.warning("Firehose refused decisions; the stream delivers them again", extra={"from": refused})
    # Lambda goes back to the first failure and sends everything from there again
    return {"batchItemFailures": [{"itemIdentifier": _sequence_number(records[refused])}]}


def _sequence_number(record: DynamoDBRecord) -> str:
    return str(record.raw_event["dynamodb"]["SequenceNumber"])
