"""AWS as a deployment meets it in the worst weeks of its life: events are lost, late and doubled, functions die between
any two calls or run inside one another, lists and looks lag behind, people delete and approve what they like."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from functions.aws import names, requests
from functions.deploy import handler as deploy
from functions.deploy.deployment import FINAL
from functions.deploy.endpoint import BUSY
from functions.monitor import handler as monitor
from tests.functions.artefacts import EVALUATION, GUESSING, contract
from tests.functions.bucket import FakeBucket
from tests.functions.conftest import (
    Context,
    deploy_settings,
    monitor_settings,
    sample_event,
    train_settings,
)
from tests.functions.fakes import (
    Clock,
    FakeCloudWatch,
    FakeLogs,
    FakeRuntime,
    FakeSageMaker,
    FakeSns,
    FakeSqs,
    client_error,
)

Fate = Literal["healthy", "unhealthy", "rejected", "failed"]
LAG = timedelta(seconds=14)  # of a look at what was changed; less than the deployment waits (SETTLING)
KEPT = 1


@dataclass(frozen=True)
class Trouble:
    """What happens just before a function's n-th call of an operation."""

    kind: Literal["none", "crash", "throttle", "meanwhile", "monitor", "lag"] = "none"
    operation: str = ""
    nth: int = 1
    message: int = 0  # which one is handled meanwhile


CALM = Trouble()
EVENT = sample_event("deploy-job-completed")
JOBS = [names.job("fraud", f"{number:02x}" * 32) for number in range(1, 21)]
CONTRACTS = {job: contract(job).to_json().encode() for job in JOBS}


class Crash(BaseException):
    """The function is gone, and nothing of it runs any more."""


class Cloud(FakeSageMaker):
    """SageMaker that tells each of its calls, and whose looks may lag behind; requests are checked in other tests."""

    def __init__(self, clock: Clock, step: Callable[[str], None]) -> None:
        super().__init__(clock)
        self.step = step
        self.lags = False
        self.earlier: dict[str, Any] | None = None
        self.turned: list[str] = []  # every configuration that the endpoint was turned to

    def _called(self, operation: str, request: dict[str, Any]) -> None:
        self.step(operation)

    def create_endpoint(self, **request: Any) -> None:
        before = self.endpoint and dict(self.endpoint)
        super().create_endpoint(**request)
        self._turned(before, request)

    def update_endpoint(self, **request: Any) -> None:
        before = self.endpoint and dict(self.endpoint)
        if self.endpoint is None:
            raise client_error("ValidationException", "Could not find endpoint")
        super().update_endpoint(**request)
        self._turned(before, request)

    def delete_endpoint(self, **request: Any) -> None:
        if self.endpoint is None:
            raise client_error("ValidationException", "Could not find endpoint")
        super().delete_endpoint(**request)

    def describe_endpoint(self, **request: Any) -> dict[str, Any]:
        found = self.endpoint
        if self.lags and found and self.clock() - found["LastModifiedTime"] < LAG:
            self._called("DescribeEndpoint", request)
            if self.earlier is None:
                raise client_error("ValidationException", "Could not find endpoint")
            return dict(self.earlier)
        return super().describe_endpoint(**request)

    def describe_endpoint_config(self, **request: Any) -> dict[str, Any]:
        found = super().describe_endpoint_config(**request)
        if self.lags and self.clock() - found["CreationTime"] < LAG:
            raise client_error("ValidationException", "Could not find endpoint configuration")
        return found

    def _turned(self, before: dict[str, Any] | None, request: dict[str, Any]) -> None:
        self.earlier = before
        self.turned.append(request["EndpointConfigName"])


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.bucket = FakeBucket(self.clock, self._step)
        self.cloud = Cloud(self.clock, self._step)
        self.sns, self.context = FakeSns(), Context()
        self.queue: list[dict[str, Any]] = []
        self.fates: dict[str, Fate] = {}
        self.approvals: list[tuple[Any, str]] = []
        self.deletions = self.interruptions = 0
        self._trouble, self._calls = CALM, Counter[str]()
        queue = Queue(self)
        watched = FakeCloudWatch(points=[{"Sum": 1.0}])
        runtime = FakeRuntime(self.cloud, self.bucket, "fraud-bucket")
        services: tuple[Any, ...] = (self.bucket, self.cloud, FakeLogs(), Topic(self), queue, watched, runtime)
        self._deploy = deploy.wire(deploy_settings(), *services, self.clock)
        seen: tuple[Any, ...] = (self.bucket, self.cloud, Topic(self), queue, watched)
        self._monitor = monitor.wire(monitor_settings(kept_models=KEPT), *seen, self.clock)

    # ------------------------------------------------------------ what may happen

    def train(self, fate: Fate, copies: int) -> None:
        if len(self.fates) == len(JOBS):
            return
        job = JOBS[len(self.fates)]
        self.fates[job] = fate
        self.clock.advance(seconds=40)
        self.cloud.create_training_job(**requests.training_job(train_settings(), job, "c" * 64))
        self.cloud.end_job(job, "Failed" if fate == "failed" else "Completed")
        evaluation = GUESSING if fate == "rejected" else EVALUATION
        self.bucket.objects[f"runs/{job}/evaluation.json"] = (json.dumps(evaluation).encode(), self.clock())
        self.bucket.objects[f"runs/{job}/contract.json"] = (CONTRACTS[job], self.clock())
        self.queue += copies * [{"TrainingJobName": job}]

    def approve(self, number: int, copies: int) -> None:
        """An approval that is not the first of its package is heard of at least once: nothing else tells it."""
        packages = list(self.cloud.packages.values())
        if not packages:
            return
        package = packages[number % len(packages)]
        job, is_news = package["ModelPackageDescription"], package["ModelApprovalStatus"] != "Approved"
        detail = self.cloud.approve(package["ModelPackageArn"])
        settled = "announced/rejected.json" in self.bucket.below(f"runs/{job}/")
        self.queue += max(copies, 0 if is_news and settled else 1) * [detail]
        self.approvals.append((self.clock().replace(microsecond=0), job))

    def settle(self) -> None:
        """What the endpoint is busy with ends, well or not."""
        endpoint = self.cloud.endpoint
        if endpoint is None or endpoint["EndpointStatus"] not in BUSY:
            return
        self.cloud.earlier = dict(endpoint)
        target = endpoint.get("PendingDeploymentSummary", endpoint)["EndpointConfigName"]
        if endpoint["EndpointStatus"] == "Deleting" or self._is_healthy(target):
            self.cloud.settle_endpoint()
        else:
            self.cloud.settle_endpoint("Failed" if endpoint["EndpointStatus"] == "Creating" else "RolledBack")

    def delete(self) -> None:
        """Somebody deletes the endpoint, when all is at rest."""
        endpoint, live = self.cloud.endpoint, self.live()
        at_rest = endpoint and (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", live)
        if live and at_rest and all(FINAL & states for states in self.deployments(live).values()):
            self.cloud.delete_endpoint(EndpointName="fraud-endpoint")
            self.deletions += 1

    def pause(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    def deliver(self, number: int, trouble: Trouble = CALM) -> None:
        if self.queue:
            detail = self.queue.pop(number % len(self.queue))
            if not self._run(lambda: self._handled(detail), trouble):
                self.queue.append(detail)

    def watch(self, trouble: Trouble = CALM) -> None:
        def look() -> bool:
            try:
                monitor.handler({}, self.context, ports=self._monitor)  # type: ignore[arg-type]
            except monitor.UnfinishedError:
                return False
            return True

        self._run(look, trouble)

    def calm_down(self) -> None:
        """No more trouble: all messages are handled, and the endpoint comes to rest."""
        for _ in range(60):
            self.pause(minutes=3)
            self.settle()
            for _ in range(len(self.queue)):
                self.deliver(0)
            if not self.queue and not (self.cloud.endpoint and self.cloud.endpoint["EndpointStatus"] in BUSY):
                return
        raise AssertionError(f"never at rest: {self.queue}, {self.cloud.endpoint}")

    # ------------------------------------------------------------ what is known

    def wanted(self) -> str | None:
        """The newest of all that may serve and can."""
        ranks = [
            (self.cloud.jobs[job]["CreationTime"], job)
            for job, fate in self.fates.items()
            if fate == "healthy"  # the gate lets it through
        ]
        ranks += [(at, job) for at, job in self.approvals if self._is_healthy(job)]
        return max(ranks, default=(None, None))[1]

    def deployments(self, job: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {"": set()}
        for key in self.bucket.below(f"runs/{job}/"):
            folder, mark, state = key.rpartition("announced/")
            if mark and state.endswith(".json"):
                found.setdefault(folder, set()).add(state.removesuffix(".json"))
        return found

    def live(self) -> str | None:
        found = self.bucket.objects.get("config/live.json")
        return str(json.loads(found[0])["model"]) if found else None

    # ------------------------------------------------------------ inside

    def _is_healthy(self, job: str) -> bool:
        return self.fates[job] in ("healthy", "rejected")

    def _handled(self, detail: dict[str, Any]) -> bool:
        record = EVENT["Records"][0] | {"body": json.dumps({"detail": detail})}
        try:
            answer = deploy.handler({"Records": [record]}, self.context, ports=self._deploy)  # type: ignore[arg-type]
        except BatchProcessingError:
            return False
        return answer == {"batchItemFailures": []}

    def _run(self, function: Callable[[], bool], trouble: Trouble) -> bool:
        outer = self._trouble, self._calls, self.cloud.lags
        self.clock.advance(seconds=1)
        self._trouble, self._calls = trouble, Counter()
        self.cloud.lags = trouble.kind == "lag"
        try:
            return function()
        except Crash:
            return False
        finally:
            self._trouble, self._calls, self.cloud.lags = outer

    def _step(self, operation: str) -> None:
        self._calls[operation] += 1
        trouble = self._trouble
        if (operation, self._calls[operation]) != (trouble.operation, trouble.nth):
            return
        self._trouble = CALM
        self.interruptions += trouble.kind in ("crash", "throttle")
        if trouble.kind == "crash":
            raise Crash
        if trouble.kind == "throttle":
            raise client_error("ThrottlingException", "Rate exceeded", operation)
        if trouble.kind == "meanwhile":
            self.deliver(trouble.message)
        if trouble.kind == "monitor":
            self.watch()


class Queue(FakeSqs):
    """What the monitor sends is delivered like all else."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def send_message(self, **request: Any) -> None:
        self.world._step("SendMessage")
        self.world.queue.append(json.loads(request["MessageBody"])["detail"])

    def change_message_visibility(self, **request: Any) -> None:
        self.world._step("ChangeMessageVisibility")


class Topic:
    def __init__(self, world: World) -> None:
        self.world = world

    def publish(self, **request: str) -> None:
        self.world._step("Publish")
        self.world.sns.published.append(request)
