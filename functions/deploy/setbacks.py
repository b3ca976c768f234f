"""What people are told of a model that the endpoint does not take, and what to do about it."""

from __future__ import annotations

from functions.aws import commands
from functions.aws.announcements import Notice
from functions.deploy import notices
from functions.deploy.job import TrainedJob
from functions.deploy.rollout import Progress, Step

STATES = {
    Step.ROLLED_BACK: "rolled-back",
    Step.FAILED: "failed",
    Step.REFUSED: "refused",
    Step.DOUBTED: "doubted",
}


def notice(job: TrainedJob, progress: Progress, endpoint: str, package: str) -> Notice:
    serving = notices.serving_now(progress.endpoint.config if progress.endpoint else None)
    if progress.step is Step.ROLLED_BACK:
        return notices.rolled_back(job, endpoint, progress.reason, serving)
    if progress.step is Step.REFUSED:
        return refused(job, endpoint, progress.reason, package, serving)
    if progress.step is Step.DOUBTED:
        return doubted(job, progress.reason, package, serving)
    return notices.failed(job, endpoint, progress.reason)


def refused(job: TrainedJob, endpoint: str, obstacle: str, package: str, serving: str) -> Notice:
    return Notice(
        f"Not deployed: the endpoint cannot take model {job.name}",
        f"The endpoint {endpoint} cannot be updated to model {job.name}: {obstacle}.\n\n{serving}\n\n"
        "It was not attempted and is not tried again by itself. Set the template's parameters back, or remove the\n"
        "endpoint; until the next one is there, the scoring function walks the same trees itself:\n"
        f"  aws sagemaker delete-endpoint --endpoint-name {endpoint}\n"
        f"Then let the model go live:\n{commands.decide(package, 'Approved')}",
    )


def withdrawn(job: TrainedJob, endpoint: str, doubt: str) -> Notice:
    return Notice(
        f"Wrong answers: model {job.name}",
        f"The endpoint {endpoint} took model {job.name}, which does not answer as it did in training: {doubt}.\n\n"
        "It is led back to the model before, or removed if there was none; a message will tell when that is done.\n"
        "Decisions of these minutes name the model that scored them.\n",
    )


def doubted(job: TrainedJob, doubt: str, package: str, serving: str) -> Notice:
    return Notice(
        f"Not deployed: model {job.name} gives wrong answers",
        f"Model {job.name} does not answer as it did in training: {doubt}.\n\n{serving}\n\n"
        "It is not tried again by itself. The logs of the containers that answered, or did not:\n"
        "  aws logs describe-log-groups --log-group-name-prefix /aws/sagemaker/Endpoints/\n"
        f"If the cause was outside the model, try it once more:\n{commands.decide(package, 'Approved')}",
    )
