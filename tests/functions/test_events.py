"""Every file in events/ is what its handler gets, and the table below says what comes of it."""

import json
from typing import Any

import pytest

from functions.archive.handler import Ports as ArchivePorts
from functions.archive.handler import handler as archive
from functions.aws import requests
from functions.deploy.handler import handler as deploy
from functions.deploy.handler import wire as wire_deploy
from functions.score.decisions import Decisions
from functions.score.handler import handler as score
from functions.score.handler import logger
from functions.score.live import LiveModel
from functions.score.scoring import Scoring
from functions.settings import ArchiveSettings, TeardownSettings
from functions.teardown.handler import Ports as TeardownPorts
from functions.teardown.handler import handler as teardown
from functions.train.handler import handler as train
from functions.train.handler import wire as wire_train
from tests.functions.artefacts import contract, model_tar
from tests.functions.conftest import (
    BUCKET,
    EVENTS,
    SCORE_SETTINGS,
    TABLE,
    deploy_settings,
    sample_event,
    train_settings,
)
from tests.functions.fakes import FakeFirehose
from tests.functions.test_score import FakeEndpoint

JOB = "fraud-4296854961e50a36"
OUTCOMES = {
    "archive-expired": "nothing to log",
    "archive-insert": "1 line",
    "archive-two-inserts": "2 lines",
    "deploy-foreign-job": "done, no endpoint",
    "deploy-job-completed": "comes back, Creating",
    "deploy-job-completed-twice": "comes back, Creating",
    "deploy-job-failed": "done, Training failed: fraud-4296854961e50a36",
    "deploy-job-stopped": "done, Training stopped: fraud-4296854961e50a36",
    "score-base64": 200,
    "score-get-decision": 404,
    "score-get-health": 200,
    "score-get-model": 200,
    "score-get-unknown-decision": 404,
    "score-invalid-field": 422,
    "score-nan": 422,
    "score-not-json": 400,
    "score-unknown-field": 422,
    "score-valid": 200,
    "teardown-create": "SUCCESS",
    "teardown-delete": "SUCCESS",
    "teardown-update": "SUCCESS",
    "train-empty-file": "Not trained on: transactions/empty.csv",
    "train-file-dropped": "1 job",
    "train-folder": "nothing",
    "train-odd-name": "1 job",
    "train-unsupported-file": "Not trained on: transactions/november.xlsx",
}


def test_every_event_has_its_outcome_written_down():
    assert {path.stem for path in EVENTS.glob("*.json")} == set(OUTCOMES)


@pytest.fixture
def outcome(request, context, s3, table, sagemaker, sns, sqs, logs, drop, clock):
    """Puts the world as the event implies it, and delivers the event."""

    def of_train(name: str, event: dict[str, Any]) -> Any:
        dropped = json.loads(event["Records"][0]["body"])["detail"]["object"]
        drop(dropped["key"], b"x" * min(1, dropped["size"]))
        train(event, context, ports=wire_train(train_settings(), s3, sagemaker, sns))
        return "1 job" if sagemaker.jobs else (sns.subjects or ["nothing"])[0]

    def of_deploy(name: str, event: dict[str, Any]) -> Any:
        detail = json.loads(event["Records"][0]["body"])["detail"]
        sagemaker.create_training_job(**requests.training_job(train_settings(), detail["TrainingJobName"], "c" * 64))
        secondary = detail["SecondaryStatus"]
        sagemaker.end_job(detail["TrainingJobName"], detail["TrainingJobStatus"], SecondaryStatus=secondary)
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/output/model.tar.gz", Body=model_tar(JOB))
        ports = wire_deploy(deploy_settings(), s3, sagemaker, logs, sns, sqs)
        came_back = deploy(event, context, ports=ports)["batchItemFailures"]
        status = sagemaker.endpoint["EndpointStatus"] if sagemaker.endpoint else (sns.subjects or ["no endpoint"])[0]
        return f"{'comes back' if came_back else 'done'}, {status}"

    def of_score(name: str, event: dict[str, Any]) -> Any:
        live = {"model": JOB, "endpoint": "fraud-endpoint", "since": "2026-11-23T15:00:00+00:00"}
        s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=json.dumps(live).encode())
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/contract.json", Body=contract(JOB).to_json().encode())
        model = LiveModel(s3, BUCKET, lambda: 1.0, logger)
        decisions = Decisions(table, TABLE)
        endpoint = FakeEndpoint(contract(JOB))
        ports = Scoring(model, endpoint, decisions, SCORE_SETTINGS.retention_days, clock, lambda _: None, logger)
        return score(event, context, ports=ports)["statusCode"]

    def of_archive(name: str, event: dict[str, Any]) -> Any:
        firehose = FakeFirehose()
        ports = ArchivePorts(firehose, ArchiveSettings("log"), lambda _: None, lambda *_: None)
        assert archive(event, context, ports=ports) == {"batchItemFailures": []}
        lines = len(firehose.taken)
        return f"{lines} line{'s' if lines > 1 else ''}" if lines else "nothing to log"

    def of_teardown(name: str, event: dict[str, Any]) -> Any:
        sent: list[dict[str, Any]] = []
        ports = TeardownPorts(
            sagemaker,
            TeardownSettings("fraud", "fraud-endpoint"),
            lambda _: None,
            lambda _, answer: sent.append(answer),
        )
        teardown(event, context, ports=ports)
        return sent[0]["Status"]

    deliver = {
        "train": of_train,
        "deploy": of_deploy,
        "score": of_score,
        "archive": of_archive,
        "teardown": of_teardown,
    }
    return lambda name: deliver[name.partition("-")[0]](name, sample_event(name))


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_the_event_has_the_outcome_that_the_table_says(outcome, name):
    assert outcome(name) == OUTCOMES[name]
