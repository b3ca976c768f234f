"""Log lines arrive in batches that CloudWatch Logs takes, and never fail what they tell of."""

import asyncio
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from local.sagemaker.logs import LogStream
from local.sagemaker.threads import Threads


class FakeLogs:
    """CloudWatch Logs with its limits; refuses everything when told to."""

    class exceptions:  # noqa: N801 - as boto3 has it
        class ResourceNotFoundException(Exception): ...  # noqa: N818

        class ResourceAlreadyExistsException(Exception): ...  # noqa: N818

    limits: ClassVar[dict[str, int]] = {"events": 10_000, "bytes": 1_048_576}

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.batches: list[list[dict[str, Any]]] = []
        self.calls = 0
        self.groups: set[str] = set()

    def create_log_group(self, logGroupName: str) -> None:  # noqa: N803
        self.groups.add(logGroupName)

    def create_log_stream(self, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        if logGroupName not in self.groups:
            raise self.exceptions.ResourceNotFoundException

    def put_log_events(self, logGroupName: str, logStreamName: str, logEvents: list[dict[str, Any]]) -> None:  # noqa: N803
        self.calls += 1
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutLogEvents")
        assert len(logEvents) <= self.limits["events"]
        assert sum(len(event["message"].encode()) + 26 for event in logEvents) <= self.limits["bytes"]
        self.batches.append(logEvents)


class FakeClients:
    def __init__(self, logs: FakeLogs) -> None:
        self._logs = logs

    async def get(self, service: str, role_arn: str) -> Any:
        return self._logs


def write(logs: FakeLogs, *rounds: list[str]) -> None:
    async def all_lines() -> None:
        threads = Threads(2)
        stream = LogStream(FakeClients(logs), threads, "role", "group", "stream")  # type: ignore[arg-type]
        for lines in rounds:
            for line in lines:
                stream.line(line)
            await stream.flush()
        threads.close()

    asyncio.run(all_lines())


def test_many_and_long_lines_keep_their_order_in_batches_within_the_limits() -> None:
    logs = FakeLogs()
    lines = [f"{number} {'ü' * (90_000 if number % 1000 == 0 else 5)}" for number in range(12_000)]
    write(logs, lines)

    assert [event["message"] for batch in logs.batches for event in batch] == lines
    assert len(logs.batches) > 2
    times = [event["timestamp"] for batch in logs.batches for event in batch]
    assert times == sorted(times)


def test_a_flush_returns_when_the_lines_are_there_and_more_may_follow() -> None:
    logs = FakeLogs()
    write(logs, ["one", "", "two"], [], ["three"])
    assert [[event["message"] for event in batch] for batch in logs.batches] == [["one", "two"], ["three"]]


def test_a_role_without_the_permission_loses_its_lines_and_nothing_else() -> None:
    logs = FakeLogs(refuses=True)
    write(logs, ["one"], ["two"], ["three"])
    assert logs.calls == 1
