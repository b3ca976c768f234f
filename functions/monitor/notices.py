"""What people are told about what the monitor found and mended."""

from __future__ import annotations

from datetime import datetime

from functions.aws import commands
from functions.aws.announcements import Notice
from functions.settings import MonitorSettings

HOURS_OF_A_MONTH = 730


def job_unheard(stack: str, job: str, status: str, ended: datetime) -> Notice:
    return Notice(
        f"Reconciled: training job {job}",
        f"Training job {job} ended ({status}) at {ended:%Y-%m-%d %H:%M} UTC, and nothing has come of it: its event\n"
        "was lost, or its message was given up. The message was sent again; what becomes of the model is told apart.\n"
        "Nothing is to be done. If this comes often, look at what the deploy function says:\n"
        f'  aws logs filter-log-events --log-group-name /aws/lambda/{stack}-deploy --filter-pattern "{job}"\n',
    )


def approval_unheard(model: str, package: str, approved: datetime) -> Notice:
    return Notice(
        f"Reconciled: approval of model {model}",
        f"Model {model} was approved at {approved:%Y-%m-%d %H:%M} UTC, and nothing has come of it: the event was\n"
        "lost. It was sent again, and the model goes live now. If it should not any more:\n"
        f"{commands.decide(package, 'Rejected')}",
    )


def endpoint_lost(endpoint: str, model: str, state: str) -> Notice:
    return Notice(
        f"Reconciled: endpoint {endpoint} is {state}",
        f"Model {model} should serve, but its endpoint {endpoint} is {state}. It is created again, which takes some\n"
        "minutes; until then the scoring function walks the model's trees itself. If somebody deleted the endpoint so\n"
        "that it costs nothing, remove the stack instead (the data stay):\n"
        "  make destroy\n",
    )


def approved_later(stack: str, serving: str, approved: str, at: datetime) -> Notice:
    return Notice(
        f"Reconciled: model {approved} comes back",
        f"Model {approved} was approved at {at:%Y-%m-%d %H:%M} UTC, just when model {serving} was going live.\n"
        f"The approval was the later word, so {approved} is brought back. To have the other one, approve that:\n"
        f"{commands.list_packages(stack)}",
    )


def corrected(stack: str, endpoint: str, model: str, before: str | None) -> Notice:
    told = f"model {before}" if before else "no model"
    return Notice(
        f"Reconciled: model {model} serves",
        f"The endpoint {endpoint} serves model {model}, but scoring was told of {told}; now it is told of {model}.\n"
        "Somebody has updated the endpoint by hand, or an update was taken back. To bring another model back, approve\n"
        f"its package again:\n{commands.approve_another(stack)}",
    )


def foreign(endpoint: str, config: str, before: str | None) -> Notice:
    return Notice(
        f"Endpoint {endpoint} serves something else",
        f"The endpoint {endpoint} has the configuration {config}, of which this stack knows no model. Scoring goes on\n"
        f"with the trees of {before or 'no model'}. Nothing was changed. To go back:\n"
        f"  aws sagemaker update-endpoint --endpoint-name {endpoint} --endpoint-config-name {before or '<a model>'}\n",
    )


def odd_state(endpoint: str, status: str) -> Notice:
    return Notice(
        f"Endpoint {endpoint} is {status}",
        f"The endpoint {endpoint} is {status}. It may not answer; then the scoring function walks the model's trees\n"
        "itself. What SageMaker says about it:\n"
        f"  aws sagemaker describe-endpoint --endpoint-name {endpoint}\n"
        "An endpoint that cannot be updated any more can be deleted; it is created again within half an hour:\n"
        f"  aws sagemaker delete-endpoint --endpoint-name {endpoint}\n",
    )


def idle(settings: MonitorSettings, model: str) -> Notice:
    return Notice(
        f"Idle: endpoint {settings.endpoint_name}",
        f"Nobody has asked the endpoint {settings.endpoint_name} (model {model}) for 24 hours. It costs the same as a\n"
        f"busy one:\n  {_cost(settings)}\n\n"
        "If it is not needed, remove it with its stack (the data stay). A new one may be paid by the request:\n"
        "  make destroy\n"
        "  sam deploy --parameter-overrides EndpointType=serverless\n",
    )


def _cost(settings: MonitorSettings) -> str:
    count, price = settings.serving_instance_count, settings.serving_instance_price
    fleet = f"{count} x {settings.serving_instance_type}, {HOURS_OF_A_MONTH} hours a month"
    if not price:
        return f"{fleet}, at AWS's price for your region (set ServingInstancePrice, and this says how much)."
    return f"{fleet}, at {price:.3f} dollars an hour: about {count * price * HOURS_OF_A_MONTH:.0f} dollars a month."
