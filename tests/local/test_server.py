"""The server process: where it listens, what outlives it, what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from local import control
from local import origin as origins
from local.errors import LocalError
from local.home import REPOSITORY, Home
from local.origin import Origin
from local.progress import Progress
from local.up import start_over_if_needed
from tests.ports import free_port

from .conftest import Host, eventually

TELLS_ALL = """
import os, sys

def handler(event, context):
    return {"path": sys.path, "environment": dict(os.environ)}
"""


def processes_of(home: Home) -> list[str]:
    told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in told.stdout.splitlines() if str(home.root) in line]


def test_it_listens_on_the_loopback_address_alone(host: Host) -> None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("this system does not tell who listens where")
    rows = [line.split() for path in (table, Path("/proc/net/tcp6")) for line in path.read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{host.server.port:04X}")]
    assert listening == [f"0100007F:{host.server.port:04X}"]


def test_a_large_file_still_goes_into_s3(host: Host) -> None:
    bucket = host.bucket()
    host.client("s3").put_object(Bucket=bucket, Key="large", Body=b"x" * 10 * 1024 * 1024)
    assert len(host.objects(bucket)["large"]) == 10 * 1024 * 1024


def test_a_bucket_policy_that_demands_tls_lets_roles_in(host: Host) -> None:
    bucket = host.bucket()
    host.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    host.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    reader = host.client("s3", host.assume(host.role("000000000000", ["s3:GetObject"])))
    assert reader.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_functions_see_nothing_of_the_repository_or_of_the_callers_shell(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = host.client("lambda").invoke(FunctionName=host.function(TELLS_ALL))
    told = json.loads(answer["Payload"].read())
    assert str(REPOSITORY) not in told["path"]
    assert "PYTHONPATH" not in told["environment"]
    assert "LOG_LEVEL" not in told["environment"]
    assert not {name for name in told["environment"] if name.startswith(("PYTEST", "VIRTUAL_ENV"))}
    assert told["environment"]["AWS_ENDPOINT_URL"] == host.server.url


def test_a_stop_keeps_the_state_and_delivers_what_firehose_still_holds(own_host: Host) -> None:
    bucket = own_host.bucket()
    s3, sqs = own_host.client("s3"), own_host.client("sqs")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket=bucket, Key="a b/ü", Body=body)["VersionId"] for body in (b"1", b"2")]
    queue = sqs.create_queue(QueueName="waiting")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="still here")
    own_host.client("firehose").create_delivery_stream(
        DeliveryStreamName="slow",
        ExtendedS3DestinationConfiguration={
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "RoleARN": own_host.role("firehose.amazonaws.com", ["s3:PutObject"]),
            "Prefix": "log/",
            "BufferingHints": {"IntervalInSeconds": 900, "SizeInMBs": 128},
        },
    )
    own_host.client("firehose").put_record(DeliveryStreamName="slow", Record={"Data": b"line\n"})

    assert control.stop(own_host.home)
    assert processes_of(own_host.home) == []
    assert not control.healthy(own_host.server)
    again = Host(own_host.home, control.start(own_host.home, own_host.server.port))

    assert list(again.objects(bucket, "log/").values()) == [b"line\n"]
    listed = again.client("s3").list_object_versions(Bucket=bucket, Prefix="a b/ü")["Versions"]
    assert [version["VersionId"] for version in listed] == versions[::-1]
    old = again.client("s3").get_object(Bucket=bucket, Key="a b/ü", VersionId=versions[0])
    assert old["Body"].read() == b"1"
    (message,) = again.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "still here"


def test_a_killed_server_is_told_and_comes_back_with_what_it_had_saved(own_host: Host) -> None:
    own_host.client("sqs").create_queue(QueueName="saved")
    function = own_host.function(TELLS_ALL)
    own_host.client("lambda").invoke(FunctionName=function)
    saved = own_host.home.root / "services" / "sqs.json"
    eventually("a save while running", lambda: saved.exists() and "saved" in saved.read_text())

    os.kill(own_host.server.pid, signal.SIGKILL)
    eventually("the end", lambda: not control.alive(own_host.server.pid))
    assert control.known(own_host.home) == own_host.server
    assert control.running(own_host.home) is None
    eventually("the end of the functions' processes", lambda: processes_of(own_host.home) == [])

    again = Host(own_host.home, control.start(own_host.home, own_host.server.port))
    assert again.client("sqs").get_queue_url(QueueName="saved")["QueueUrl"]


def test_a_taken_port_is_explained_with_its_holder(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalError, match=rf"port {port} is taken by .*: stop it, or choose another with PORT="):
            control.start(Home(tmp_path), port)


def test_a_taken_port_does_not_cost_the_state_of_other_files(tmp_path: Path) -> None:
    home = Home(tmp_path / "local")
    origins.remember(home, Origin())
    data = tmp_path / "other.csv"
    data.write_text("other")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        with pytest.raises(LocalError, match="is taken by"):
            start_over_if_needed(home, taken.getsockname()[1], Origin.of([data], None), Progress())
    assert home.origin.exists()


def test_a_server_that_dies_while_starting_shows_its_last_words(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "firehose-pending.json").write_text("not json")
    with pytest.raises(LocalError, match=r"died while starting:\n(.*\n)*.*JSONDecodeError"):
        control.start(home, free_port())
