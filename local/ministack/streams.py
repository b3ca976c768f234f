"""DynamoDB streams as AWS reads them: retried from the failed record on, attempts limited, kept over a restart.

MiniStack ignores ReportBatchItemFailures and MaximumRetryAttempts of streams, and after a restart reads on at the
old position of a stream that is empty again, which skips records.
"""

import copy
import json
import logging
from collections.abc import Mapping
from typing import Any

from ministack.services import dynamodb, lambda_svc

logger = logging.getLogger("local.streams")

STATE_KEY = "undelivered_stream_records"


def install() -> None:
    lambda_svc._execute_function = Retries(lambda_svc._execute_function)
    save, load = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state() -> dict[str, Any]:
        return {**save(), STATE_KEY: undelivered()}

    def load_persisted_state(state: Mapping[str, Any]) -> None:
        load(state)
        restore(state.get(STATE_KEY, []))

    dynamodb.get_state, dynamodb.load_persisted_state = get_state, load_persisted_state


class Retries:
    """Stands between the stream poller and the function: the poller moves on after success and waits after an error."""

    def __init__(self, execute: Any) -> None:
        self._execute = execute
        self._failures: dict[str, tuple[int, int]] = {}  # event source mapping: position, failed attempts there

    def __call__(self, function: dict[str, Any], event: Any, *args: Any, **options: Any) -> Any:
        result = self._execute(function, event, *args, **options)
        mapping = mapping_of(function, event)
        if mapping is None:
            return result
        records = event["Records"]
        failed = records if result.get("error") else failed_records(mapping, records, result)
        if not failed:
            self._failures.pop(mapping["UUID"], None)
            return result
        return self._retry(mapping, function, failed, result)

    def _retry(
        self, mapping: dict[str, Any], function: dict[str, Any], failed: list[dict[str, Any]], result: dict[str, Any]
    ) -> dict[str, Any]:
        identity, arn = mapping["UUID"], mapping["EventSourceArn"]
        position = position_of(table_of(arn), failed[0])
        if position is None:  # a test event of somebody's, not the poller's
            return result
        last, attempts = self._failures.get(identity, (position, 0))
        attempts = attempts + 1 if last == position else 1
        limit = mapping.get("MaximumRetryAttempts", -1)
        if 0 <= limit < attempts:
            given_up = failed[:1] if mapping.get("BisectBatchOnFunctionError") else failed
            logger.error("%s: %d records given up after %d attempts", arn, len(given_up), attempts)
            lambda_svc._send_ddb_stream_failure_record(
                mapping, function, given_up, arn, result, "RetryAttemptsExhausted"
            )
            position = (position_of(table_of(arn), given_up[-1]) or position) + 1
            attempts = 0
        self._failures[identity] = (position, attempts)
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[identity] = position
        return {**result, "error": True, "body": result.get("body") if result.get("error") else PARTIAL_FAILURE}


PARTIAL_FAILURE = {"errorType": "ReportBatchItemFailures", "errorMessage": "the function named failed records"}


def mapping_of(function: Mapping[str, Any], event: Any) -> dict[str, Any] | None:
    """The event source mapping that an event came through, if it came from a DynamoDB stream."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not records or records[0].get("eventSource") != "aws:dynamodb":
        return None
    name = function["config"]["FunctionName"]
    for _, _, mapping in lambda_svc._iter_all_esms():
        if mapping["EventSourceArn"] == records[0].get("eventSourceARN") and mapping["FunctionName"] == name:
            return dict(mapping)
    return None


def failed_records(
    mapping: Mapping[str, Any], records: list[dict[str, Any]], result: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The records from the first one on that the function names as failed; all if it names one that is not there."""
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
        return []
    body = result.get("body")
    answer = json.loads(body) if isinstance(body, str) and body else body
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return []
    named = {failure.get("itemIdentifier") for failure in failures}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    if not named <= set(numbers):
        return records
    return records[min(numbers.index(number) for number in named) :]


def table_of(stream_arn: str) -> str:
    return stream_arn.split("/")[1]


def position_of(table: str, record: Mapping[str, Any]) -> int | None:
    number = record["dynamodb"]["SequenceNumber"]
    for offset, candidate in enumerate(dynamodb.stream_live_records(table)):
        if candidate["dynamodb"]["SequenceNumber"] == number:
            return int(dynamodb.stream_start_position(table)) + offset
    return None


def undelivered() -> list[dict[str, Any]]:
    """Per table with a mapping: the position from which on it is to be read, and the records from there on."""
    read: dict[tuple[str, str, str], int] = {}
    for account, region, mapping in lambda_svc._iter_all_esms():
        position = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, mapping["UUID"], None)
        if ":dynamodb:" in mapping.get("EventSourceArn", "") and position is not None:
            scope = (account, region, table_of(mapping["EventSourceArn"]))
            read[scope] = min(position, read.get(scope, position))
    tables = []
    for scope, position in read.items():
        account, region, table = scope
        start = dynamodb._trimmed_count(table, account, region)
        rest = dynamodb._live_stream_records(table, account, region)[max(0, position - start) :]
        tables.append({"scope": scope, "position": max(position, start), "records": copy.deepcopy(rest)})
    return tables


def restore(tables: list[dict[str, Any]]) -> None:
    for entry in tables:
        dynamodb._stream_trimmed.set_scoped(*entry["scope"], entry["position"])
        dynamodb._stream_records.set_scoped(*entry["scope"], list(entry["records"]))
