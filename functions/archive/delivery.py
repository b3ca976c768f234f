"""Hands lines to Firehose, which may take some and refuse others in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

MOST_RECORDS = 500  # of one PutRecordBatch
MOST_BYTES = 4 * 2**20
PAUSES = (0.2, 0.8)  # seconds before the second and third try; after that the stream's own retry takes over


def deliver(
    firehose: FirehoseClient, stream: str, lines: Sequence[bytes], pause: Callable[[float], None]
) -> int | None:
    """The place of the first line that was not taken, None if all were."""
    refused = [place for batch in batches(lines) for place in _put(firehose, stream, lines, batch, pause)]
    return min(refused) if refused else None


def batches(lines: Sequence[bytes]) -> Iterator[list[int]]:
    """Places of lines that fit into one call together."""
    batch: list[int] = []
    size = 0
    for place, line in enumerate(lines):
        if batch and (len(batch) == MOST_RECORDS or size + len(line) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += len(line)
    if batch:
        yield batch


def _put(
    firehose: FirehoseClient, stream: str, lines: Sequence[bytes], batch: list[int], pause: Callable[[float], None]
) -> list[int]:
    for wait in (*PAUSES, None):
        answer = firehose.put_record_batch(
            DeliveryStreamName=stream, Records=[{"Data": lines[place]} for place in batch]
        )
        # 200 does not mean that every record was taken
        batch = [
            place for place, taken in zip(batch, answer["RequestResponses"], strict=True) if taken.get("ErrorCode")
        ]
        if not batch or wait is None:
            break
        pause(wait)
    return batch
