"""Firehose on the running server."""

import datetime

from .conftest import Host, eventually


def stream(host: Host, bucket: str, role: str, name: str, seconds: int) -> None:
    host.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "RoleARN": role,
            "Prefix": "decisions/dt=!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "BufferingHints": {"IntervalInSeconds": seconds, "SizeInMBs": 1},
        },
    )


def test_many_puts_become_one_object_under_the_evaluated_prefix(host: Host) -> None:
    bucket, firehose = host.bucket(), host.client("firehose")
    stream(host, bucket, host.role("firehose.amazonaws.com", ["s3:PutObject"]), "gathered", 1)
    days = {datetime.datetime.now(datetime.UTC).date()}
    for number in range(3):
        firehose.put_record(DeliveryStreamName="gathered", Record={"Data": f"{number}\n".encode()})
    records = [{"Data": b"3\n"}, {"Data": b"4\n"}]
    assert firehose.put_record_batch(DeliveryStreamName="gathered", Records=records)["FailedPutCount"] == 0
    objects = eventually("the delivery", lambda: host.objects(bucket))
    days.add(datetime.datetime.now(datetime.UTC).date())
    assert list(objects.values()) == [b"0\n1\n2\n3\n4\n"]
    assert any(key.startswith(f"decisions/dt={day}/gathered-1-") for key in objects for day in days)


def test_the_streams_role_must_be_allowed_to_write(host: Host) -> None:
    bucket, role = host.bucket(), host.role("firehose.amazonaws.com")
    stream(host, bucket, role, "refused", 0)
    host.client("firehose").put_record(DeliveryStreamName="refused", Record={"Data": b"kept\n"})
    eventually("the refusal", lambda: "refused: 1 records wait" in host.home.server_log.read_text())
    assert host.objects(bucket) == {}
    host.allow(role, ["s3:PutObject"])
    assert list(eventually("the delivery", lambda: host.objects(bucket)).values()) == [b"kept\n"]
