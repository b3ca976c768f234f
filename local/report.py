"""What `up` and `status` print at their end."""

import json
import shlex
from typing import Any

from local.home import Home
from local.stack import Stack
from local.trial import Scored

METRICS = 4
REASONS = 2


def summary(home: Home, stack: Stack, model: str, scored: list[Scored]) -> str:
    example = shlex.quote(json.dumps({**scored[0].request, "transaction_id": "try-1"}))
    return f"""
Model {model}{quality(stack, model)}

{table(scored)}

{addresses(home, stack)}

Try next
  score       curl -s {stack.api_url}/score -H 'x-api-key: {stack.api_key}' \\
                -d {example}
  retrain     AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test .venv/bin/aws \\
                --endpoint-url {stack.endpoint_url} --region {stack.region} s3 cp FILE s3://{stack.bucket}/transactions/
  look, stop  make status · make down"""


def addresses(home: Home, stack: Stack) -> str:
    return f"""Addresses (all of it in {home.shown(home.stack)})
  REST API    {stack.api_url}/score   header x-api-key: {stack.api_key}
  AWS APIs    {stack.endpoint_url}   region {stack.region}, credentials test / test
  files       s3://{stack.bucket}/transactions/
  logs        {home.shown(home.server_log)}; of functions, trainings and the endpoint: CloudWatch Logs"""


def quality(stack: Stack, model: str) -> str:
    """The job's final metrics, as SageMaker found them in its log."""
    job = stack.client("sagemaker").describe_training_job(TrainingJobName=model)
    metrics = [f"{metric['MetricName']} {metric['Value']:.3g}" for metric in job.get("FinalMetricDataList", [])]
    seconds = job.get("TrainingTimeInSeconds")
    trained = f", trained in {seconds} s" if seconds else ""
    return f"{trained}\n  on the latest transactions: {', '.join(metrics[:METRICS])}" if metrics else trained


def table(scored: list[Scored]) -> str:
    head = ("transaction", "label", "probability", "score", "outcome", "reasons")
    lines = [head, *(_line(item) for item in scored)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    return "\n".join(
        "  " + "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]).rstrip()
        for line in lines
    )


def _line(item: Scored) -> tuple[str, ...]:
    answer: dict[str, Any] = item.answer
    reasons = "; ".join(reason["text"] for reason in answer.get("reasons", [])[:REASONS])
    probability = f"{answer['fraud_probability']:.4f}"
    return (answer["transaction_id"], item.label, probability, str(answer["score"]), answer["outcome"], reasons)
