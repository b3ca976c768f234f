"""Firehose's buffering: a stream's records are gathered up to its interval or size, then written as one object."""

import base64
import gzip
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

logger = logging.getLogger("local.firehose")

MEBIBYTE = 1 << 20
LONGEST_RETRY_SECONDS = 300.0
GIVE_UP_SECONDS = 24 * 3600.0  # as long as AWS keeps records that it cannot deliver


class DeliveryError(Exception):
    """The destination did not take the object; the records stay and are tried again."""


@dataclass(frozen=True)
class Destination:
    """Where a delivery stream writes and how it gathers."""

    stream: str
    version: str
    bucket: str
    prefix: str
    role_arn: str
    gzip: bool
    extension: str
    seconds: float
    megabytes: float

    @classmethod
    def of(cls, stream: Mapping[str, Any], config: Mapping[str, Any]) -> "Destination":
        hints = config.get("BufferingHints") or {}
        return cls(
            stream=stream["name"],
            version=str(stream.get("version", 1)),
            bucket=config["BucketARN"].rpartition(":")[2],
            prefix=config.get("Prefix", ""),
            role_arn=config.get("RoleARN", ""),
            gzip=config.get("CompressionFormat") == "GZIP",
            extension=config.get("FileExtension", ""),
            seconds=float(hints.get("IntervalInSeconds", 300)),
            megabytes=float(hints.get("SizeInMBs", 5)),
        )

    def object_name(self, first_arrival: float) -> str:
        stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime(first_arrival))
        suffix = self.extension or (".gz" if self.gzip else "")
        return f"{self.stream}-{self.version}-{stamp}-{uuid.uuid4()}{suffix}"

    def body(self, records: Iterable[bytes]) -> bytes:
        joined = b"".join(records)  # Firehose adds no newline: that is the sender's business
        return gzip.compress(joined) if self.gzip else joined


@dataclass
class Buffer:
    """Records of one stream that are not in S3 yet."""

    destination: Destination
    first_arrival: float
    records: list[bytes] = field(default_factory=list)
    size: int = 0
    retry_at: float = 0.0
    retry_seconds: float = 0.0

    def due(self, now: float) -> bool:
        if self.retry_at:
            return now >= self.retry_at
        waited = now - self.first_arrival >= self.destination.seconds
        return waited or self.size >= self.destination.megabytes * MEBIBYTE

    def postpone(self, now: float) -> None:
        self.retry_seconds = min(max(1.0, self.retry_seconds * 2), LONGEST_RETRY_SECONDS)
        self.retry_at = now + self.retry_seconds


class Buffers:
    """All streams' buffers. `deliver(buffer)` writes one object or raises DeliveryError."""

    def __init__(self, deliver: Callable[[Buffer], None], clock: Callable[[], float] = time.time) -> None:
        self._deliver = deliver
        self._clock = clock
        self._open: dict[str, Buffer] = {}
        self._closed: list[Buffer] = []
        self._lock = threading.Lock()  # adding and taking
        self._delivering = threading.Lock()  # one flush at a time, so that a final one waits for a running one

    def add(self, destination: Destination, records: Iterable[bytes]) -> None:
        with self._lock:
            buffer = self._open.setdefault(destination.stream, Buffer(destination, self._clock()))
            for record in records:
                buffer.records.append(record)
                buffer.size += len(record)
            if buffer.size >= destination.megabytes * MEBIBYTE:
                self._closed.append(self._open.pop(destination.stream))

    def flush(self, *, everything: bool = False) -> None:
        """Deliver what is due, or everything; what fails stays for a later attempt."""
        with self._delivering:
            now = self._clock()
            with self._lock:
                ready = [buffer for buffer in self._closed if everything or buffer.due(now)]
                self._closed = [buffer for buffer in self._closed if buffer not in ready]
                for name, buffer in list(self._open.items()):
                    if everything or buffer.due(now):
                        ready.append(self._open.pop(name))
            for buffer in ready:
                self._attempt(buffer, now)

    def _attempt(self, buffer: Buffer, now: float) -> None:
        name, count = buffer.destination.stream, len(buffer.records)
        try:
            self._deliver(buffer)
        except DeliveryError as error:
            if now - buffer.first_arrival > GIVE_UP_SECONDS:
                logger.exception("%s: %d records given up after a day", name, count)
                return
            buffer.postpone(now)
            logger.warning("%s: %d records wait for another attempt: %s", name, count, error)
            with self._lock:
                self._closed.append(buffer)

    def dump(self) -> list[dict[str, Any]]:
        """What is not delivered, as JSON, to survive a stop."""
        with self._lock:
            return [
                {
                    "destination": asdict(buffer.destination),
                    "first_arrival": buffer.first_arrival,
                    "records": [base64.b64encode(record).decode() for record in buffer.records],
                }
                for buffer in [*self._closed, *self._open.values()]
            ]

    def load(self, dumped: Iterable[Mapping[str, Any]]) -> None:
        with self._lock:
            for entry in dumped:
                records = [base64.b64decode(record) for record in entry["records"]]
                destination = Destination(**entry["destination"])
                size = sum(map(len, records))
                self._closed.append(Buffer(destination, entry["first_arrival"], records, size))
