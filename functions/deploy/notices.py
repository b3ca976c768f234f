"""What people are told about a trained model: what happened, the figures or the reason, and what to do next."""

from __future__ import annotations

from typing import Any

from functions.aws import commands, names, objects
from functions.aws.announcements import Notice
from functions.deploy.job import TrainedJob


def live(job: TrainedJob, bucket: str, endpoint: str, evaluation: dict[str, Any]) -> Notice:
    set_aside = evaluation.get("data", {}).get("rows", {}).get("rejected", 0)
    rejected = ""
    if set_aside:
        rejected = (
            f"Rows that were set aside: {set_aside}, with reasons in\n"
            f"  aws s3 cp s3://{bucket}/{job.key('rejected.csv')} .\n"
        )
    return Notice(
        f"Live: model {job.name}",
        f"The endpoint {endpoint} serves model {job.name}.\n\n{_figures(evaluation)}\n{rejected}"
        f"Its report:\n  aws s3 cp s3://{bucket}/{job.key('report.html')} .\n"
        f"To go back to an older model:\n{commands.approve_another(names.stack_of(job.name))}",
    )


def broken(job: TrainedJob, bucket: str, reason: str, serving: str) -> Notice:
    return Notice(
        f"Not deployed: model {job.name} is damaged",
        f"Training job {job.name} completed, but its model was not deployed: {reason}\n\n{serving}\n\n"
        "Often the job's disk was full (TrainingVolumeGb). To train anew, drop a file that is not there yet:\n"
        f"  aws s3 cp more.csv s3://{bucket}/transactions/\n",
    )


def pending(job: TrainedJob, bucket: str, evaluation: dict[str, Any], package: str, serving: str) -> Notice:
    return Notice(
        f"Waits for approval: model {job.name}",
        f"Model {job.name} was trained and passed the gate.\n\n{_figures(evaluation)}\n{serving}\n\n"
        f"Its report:\n  aws s3 cp s3://{bucket}/{job.key('report.html')} .\n"
        "To have noted with every decision what it would have decided, until the file is removed:\n"
        f'  echo \'{{"model": "{job.name}"}}\' | aws s3 cp - s3://{bucket}/config/shadow.json\n'
        "To let it go live, or to turn it down:\n"
        f"{commands.decide(package, 'Approved')}{commands.decide(package, 'Rejected')}",
    )


def rejected(job: TrainedJob, bucket: str, verdict: dict[str, Any], package: str, serving: str) -> Notice:
    rules = "".join(
        f"  {'holds' if rule['passed'] else 'BROKEN'}  {rule['rule']}: {rule['text']}\n" for rule in verdict["rules"]
    )
    return Notice(
        f"Rejected: model {job.name}",
        f"Training job {job.name} completed, but its model does not go live: {verdict['reason']}\n\n{serving}\n\n"
        f"All rules of the gate:\n{rules}\n"
        f"Its report:\n  aws s3 cp s3://{bucket}/{job.key('report.html')} .\n"
        "If the files are wrong, most often their labels, correct them and drop them again. If the rules are, change\n"
        "them under gate: in the schema (lower floors let more through), and drop a file; the same one will do:\n"
        f"  aws s3 cp s3://{bucket}/{job.key('input/schema.yaml')} .\n"
        f"  aws s3 cp schema.yaml s3://{bucket}/config/schema.yaml\n"
        f"  aws s3 cp corrected.csv s3://{bucket}/transactions/\n"
        f"Or let it go live all the same:\n{commands.decide(package, 'Approved')}",
    )


def rolled_back(job: TrainedJob, endpoint: str, reason: str, serving: str) -> Notice:
    return Notice(
        f"Rolled back: model {job.name}",
        f"The update of endpoint {endpoint} to model {job.name} did not succeed: {reason}\n\n{serving}\n\n"
        f"It is not tried again by itself. The container's log:\n{_endpoint_log(endpoint)}"
        f"To try it once more when the cause is mended:\n{commands.approve_another(names.stack_of(job.name))}",
    )


def failed(job: TrainedJob, endpoint: str, reason: str) -> Notice:
    return Notice(
        f"Failed: endpoint with model {job.name}",
        f"The endpoint {endpoint} could not be created with model {job.name}: {reason}\n\n"
        "It was removed, so that the next model finds room; until then nothing serves.\n"
        f"The container's log:\n{_endpoint_log(endpoint)}"
        "To try it once more when the cause is mended, or to have an older model serve:\n"
        f"{commands.approve_another(names.stack_of(job.name))}",
    )


def over_quota(job: TrainedJob, endpoint: str, reason: str) -> Notice:
    return Notice(
        f"Deployment waits for quota: {job.name}",
        f"SageMaker does not bring model {job.name} to endpoint {endpoint} yet: {reason}\n\n"
        "It is tried again for some hours. Ask for a higher quota, or choose another ServingInstanceType:\n"
        "  aws service-quotas list-service-quotas --service-code sagemaker\n",
    )


def history_late(job: TrainedJob, stack: str, waiting: list[str]) -> Notice:
    return Notice(
        f"Deployment waits for history: {job.name}",
        f"Model {job.name} is not deployed yet, because what its training data know of customers and the like is not\n"
        f"wholly in the history table. Parts that are missing: {objects.some(waiting, 5)}\n\n"
        "It goes on by itself when they are. What the backfill function says:\n"
        f"  aws logs filter-log-events --log-group-name /aws/lambda/{stack}-backfill --filter-pattern ERROR\n"
        "Parts that failed for good lie in its dead-letter queue; when the cause is mended, send them back:\n"
        "  aws sqs start-message-move-task --source-arn <ARN of the stack's BackfillsDeadLetterQueue>\n",
    )


def training_failed(job: TrainedJob, bucket: str, reason: str, serving: str, has_rejected_rows: bool) -> Notice:
    rejected = ""
    if has_rejected_rows:
        rejected = f"The rows that were refused, with reasons:\n  aws s3 cp s3://{bucket}/{job.key('rejected.csv')} .\n"
    return Notice(
        f"Training {job.status.lower()}: {job.name}",
        f"Training job {job.name} {job.status.lower()}: {reason}\n\n{serving}\n\n{rejected}"
        "Its log:\n"
        "  aws logs filter-log-events --log-group-name /aws/sagemaker/TrainingJobs"
        f" --log-stream-name-prefix {job.name}/\n"
        "To train again, correct or remove (aws s3 rm) what is wrong, then drop a file; the same one will do:\n"
        f"  aws s3 cp corrected.csv s3://{bucket}/transactions/\n",
    )


def serving_now(config: str | None) -> str:
    return f"Model {config} serves on." if config else "No model serves."


def _figures(evaluation: dict[str, Any]) -> str:
    """The evaluation's figures, whatever the training measures, one on a line."""
    return "".join(f"  {name}: {value}\n" for name, value in _flat(evaluation.get("metrics", {})))


def _flat(metrics: dict[str, Any]) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    for name, value in metrics.items():
        if isinstance(value, dict):
            lines += [(f"{name} {inner}", number) for inner, number in _flat(value)]
        else:
            lines.append((name.replace("_", " "), value))
    return lines


def _endpoint_log(endpoint: str) -> str:
    return f"  aws logs filter-log-events --log-group-name /aws/sagemaker/Endpoints/{endpoint}\n"
