"""How far a stack is on its way to a model that serves, judged from what its public APIs tell."""

from dataclasses import dataclass, field
from typing import Any

TERMINAL = {"Completed", "Failed", "Stopped"}


@dataclass(frozen=True)
class Facts:
    """One look at the stack. `job` is the newest training job that counts, as DescribeTrainingJob tells it."""

    job: dict[str, Any] | None = None
    uploads_handled: bool = False  # the train function has looked at all files that were dropped
    live: str | None = None  # the model named by config/live.json
    endpoint: dict[str, Any] | None = None
    history: tuple[int, int] = (0, 0)  # of a trained model: parts that are in the table, parts there are
    refused: str | None = None  # what the deploy function told people about a model that it did not bring live
    dead_letters: dict[str, int] = field(default_factory=dict)  # function: messages that it could not handle


@dataclass(frozen=True)
class Stage:
    name: str  # waiting, training, loading, deploying, live, failed
    text: str
    culprit: str = ""  # of a failure: job, endpoint, or the function that gave up


def judge(facts: Facts, *, expects_job: bool) -> Stage:
    """Files that were just dropped should end in a job of their own; otherwise the model that is live will do.

    The train function starts no job for files, schema and code that it has trained before.
    """
    if facts.job is None and facts.uploads_handled and facts.live:
        expects_job = False
    served = facts.endpoint is not None and facts.endpoint["EndpointStatus"] == "InService"
    settled = facts.job is None or facts.job["TrainingJobStatus"] in TERMINAL
    if facts.live and served and not expects_job and settled:
        return Stage("live", facts.live)
    for function, count in facts.dead_letters.items():
        if count:
            return Stage("failed", f"the {function} function gave up on {count} message(s)", function)
    if facts.job is None:
        if facts.live and not expects_job:
            return Stage("deploying", f"model {facts.live}: {_endpoint(facts)}")
        if facts.uploads_handled:
            return Stage("failed", "the train function started no training job", "train")
        return Stage("waiting", "waiting until no more files arrive")
    return _follow(facts.job, facts, served)


def _follow(job: dict[str, Any], facts: Facts, served: bool) -> Stage:
    name, status = job["TrainingJobName"], job["TrainingJobStatus"]
    if status == "Completed":
        if facts.live == name and served:
            return Stage("live", name)
        if facts.refused:
            return Stage("failed", facts.refused, "endpoint")
        if facts.endpoint is not None and facts.endpoint["EndpointStatus"] == "Failed":
            reason = facts.endpoint.get("FailureReason", "no reason given")
            return Stage("failed", f"endpoint failed: {reason}", "endpoint")
        loaded, parts = facts.history
        if loaded < parts:
            return Stage("loading", f"model {name}: history, {loaded} of {parts} part(s) loaded")
        return Stage("deploying", f"model {name}: {_endpoint(facts)}")
    if status in TERMINAL:
        return Stage("failed", f"training job {name} {status.lower()}", "job")
    return Stage("training", f"training job {name}: {job.get('SecondaryStatus', status)}")


def _endpoint(facts: Facts) -> str:
    return f"endpoint {facts.endpoint['EndpointStatus']}" if facts.endpoint else "endpoint not created yet"
