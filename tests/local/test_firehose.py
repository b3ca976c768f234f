"""Buffering by itself, with a clock that tests turn."""

import gzip
from dataclasses import replace

from local.firehose import MEBIBYTE, Buffer, Buffers, DeliveryError, Destination

STREAM = {"name": "log", "version": 1}
CONFIG = {"BucketARN": "arn:aws:s3:::bucket", "RoleARN": "arn:aws:iam::000000000000:role/log", "Prefix": "decisions/"}
DESTINATION = Destination.of(STREAM, {**CONFIG, "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1}})


class Bucket:
    def __init__(self) -> None:
        self.objects: list[bytes] = []
        self.broken = False

    def take(self, buffer: Buffer) -> None:
        if self.broken:
            raise DeliveryError("AccessDenied")
        self.objects.append(buffer.destination.body(buffer.records))


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[Buffers, Bucket, Clock]:
    bucket, clock = Bucket(), Clock()
    return Buffers(bucket.take, clock), bucket, clock


def test_records_wait_for_the_interval_and_become_one_object() -> None:
    buffers, bucket, clock = made()
    buffers.add(DESTINATION, [b"one\n"])
    clock.now += 59
    buffers.add(DESTINATION, [b"two\n"])
    buffers.flush()
    assert bucket.objects == []
    clock.now += 1
    buffers.flush()
    assert bucket.objects == [b"one\ntwo\n"]


def test_a_full_buffer_does_not_wait() -> None:
    buffers, bucket, _ = made()
    buffers.add(DESTINATION, [b"x" * MEBIBYTE])
    buffers.add(DESTINATION, [b"later"])
    buffers.flush()
    assert bucket.objects == [b"x" * MEBIBYTE]


def test_streams_are_gathered_apart() -> None:
    buffers, bucket, _ = made()
    buffers.add(DESTINATION, [b"a"])
    buffers.add(replace(DESTINATION, stream="other"), [b"b"])
    buffers.flush(everything=True)
    assert sorted(bucket.objects) == [b"a", b"b"]


def test_what_cannot_be_delivered_is_kept_and_tried_again() -> None:
    buffers, bucket, clock = made()
    bucket.broken = True
    buffers.add(DESTINATION, [b"kept"])
    buffers.flush(everything=True)
    bucket.broken = False
    buffers.flush()
    assert bucket.objects == []
    clock.now += 1
    buffers.flush()
    assert bucket.objects == [b"kept"]


def test_undelivered_records_survive_as_json() -> None:
    buffers, bucket, _ = made()
    bucket.broken = True
    buffers.add(DESTINATION, [b"\xff1", b"2"])
    buffers.flush(everything=True)
    successor, other_bucket, _ = made()
    successor.load(buffers.dump())
    successor.flush(everything=True)
    assert other_bucket.objects == [b"\xff12"]


def test_records_are_given_up_after_a_day_as_in_aws() -> None:
    buffers, bucket, clock = made()
    bucket.broken = True
    buffers.add(DESTINATION, [b"lost"])
    clock.now += 24 * 3600 + 1
    buffers.flush()
    assert buffers.dump() == []


def test_gzip_is_in_the_content_and_in_the_name() -> None:
    packed = Destination.of(STREAM, {**CONFIG, "CompressionFormat": "GZIP"})
    assert gzip.decompress(packed.body([b"a", b"b"])) == b"ab"
    assert packed.object_name(0.0).startswith("log-1-1970-01-01-00-00-00-")
    assert packed.object_name(0.0).endswith(".gz")
    assert not DESTINATION.object_name(0.0).endswith(".gz")


def test_the_hints_default_to_those_of_aws() -> None:
    plain = Destination.of(STREAM, CONFIG)
    assert (plain.seconds, plain.megabytes) == (300, 5)
