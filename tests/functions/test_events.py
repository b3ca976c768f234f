"""Every file in events/ is what its handler gets, and the table below says what comes of it."""

import gzip
import hashlib
import json
from typing import Any

import pytest

from functions.archive.handler import Ports as ArchivePorts
from functions.archive.handler import handler as archive
from functions.aws import requests
from functions.backfill.handler import handler as backfill
from functions.backfill.handler import wire as wire_backfill
from functions.bulk.handler import handler as bulk
from functions.bulk.handler import wire as wire_bulk
from functions.deploy.handler import handler as deploy
from functions.deploy.handler import wire as wire_deploy
from functions.forget.handler import handler as forget
from functions.forget.handler import wire as wire_forget
from functions.label.handler import handler as label
from functions.label.handler import wire as wire_label
from functions.lists.handler import handler as lists
from functions.lists.handler import wire as wire_lists
from functions.monitor.handler import handler as monitor
from functions.monitor.handler import wire as wire_monitor
from functions.rules.handler import handler as rules
from functions.rules.handler import wire as wire_rules
from functions.score.handler import handler as score
from functions.settings import ArchiveSettings, BackfillSettings, ForgetSettings, TeardownSettings
from functions.teardown.handler import Ports as TeardownPorts
from functions.teardown.handler import handler as teardown
from functions.train.handler import handler as train
from functions.train.handler import wire as wire_train
from model import history
from tests.functions.artefacts import contract, history_of, model_tar, output_tar
from tests.functions.conftest import (
    BUCKET,
    BULK_SETTINGS,
    EVENTS,
    HISTORY,
    LABEL_SETTINGS,
    LISTS,
    LISTS_SETTINGS,
    RULES_SETTINGS,
    STACK_KEY,
    TABLE,
    deploy_settings,
    monitor_settings,
    read,
    sample_event,
    stored,
    train_settings,
)
from tests.functions.fakes import FakeFirehose, FakeSecrets
from tests.functions.world import build

JOB = "fraud-4296854961e50a36"
PLAN = contract(JOB).schema.history_plan.id
PART = gzip.compress(b'{"key": "%s#customer_id#00", "state": {"first": 1, "last": 2}}\n' % PLAN.encode(), mtime=0)
RULES = b"rules:\n  - {name: above-twenty, when: amount > 20, outcome: review}\n"
LABELS = b"transaction_id,label,labelled_at\npayment-1,fraud,2026-11-20T09:00:00Z\n"
TRANSACTIONS = (
    b"transaction_id,timestamp,customer_id,card_id,amount,currency,merchant_category\n"
    b"payment-1,2026-11-20T09:00:00Z,c-1,k-1,12.5,EUR,groceries\n"
)
OUTCOMES = {
    "archive-expired": "nothing to log",
    "archive-insert": "1 line",
    "archive-two-inserts": "2 lines",
    "backfill-part": "1 entity",
    "bulk-file-dropped": "done, 1 row",
    "bulk-rest-of-file": "nothing",
    "deploy-foreign-job": "done, no endpoint",
    "deploy-job-completed": "comes back, Creating",
    "deploy-job-completed-twice": "comes back, Creating",
    "deploy-job-failed": "done, Training failed: fraud-4296854961e50a36",
    "deploy-job-stopped": "done, Training stopped: fraud-4296854961e50a36",
    "deploy-package-approved": "comes back, Creating",
    "forget-card": "1 of history",
    "forget-unclear": "refused",
    "deploy-endpoint-lost": "comes back, Creating",
    "label-file-dropped": "file recorded",
    "label-in-the-future": 422,
    "label-many": "payment-1 recorded, payment-2 unknown",
    "label-not-json": 400,
    "label-one": "payment-1 recorded",
    "label-rest-of-file": "nothing left",
    "label-wrong-word": 422,
    "lists-deny": "deny",
    "lists-off": "none",
    "lists-wrong-field": 422,
    "monitor-schedule": "nothing",
    "rules-file-dropped": "Rules in force: version 387edc677bab",
    "rules-file-removed": "nothing",
    "rules-model-live": "Rules in force: version 387edc677bab",
    "score-base64": 200,
    "score-batch": 200,
    "score-batch-empty": 422,
    "score-get-decision": 404,
    "score-get-docs": 200,
    "score-get-health": 200,
    "score-get-model": 200,
    "score-get-openapi": 200,
    "score-get-unknown-decision": 404,
    "score-invalid-field": 422,
    "score-nan": 422,
    "score-not-json": 400,
    "score-test-block": 200,
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
def outcome(request, context, s3, table, history_table, sagemaker, sns, sqs, logs, cloudwatch, runtime, drop, clock):
    """Puts the world as the event implies it, and delivers the event."""

    def of_train(name: str, event: dict[str, Any]) -> Any:
        dropped = json.loads(event["Records"][0]["body"])["detail"]["object"]
        drop(dropped["key"], b"x" * min(1, dropped["size"]))
        train(event, context, ports=wire_train(train_settings(), s3, sagemaker, sns))
        return "1 job" if sagemaker.jobs else (sns.subjects or ["nothing"])[0]

    def of_deploy(name: str, event: dict[str, Any]) -> Any:
        detail = json.loads(event["Records"][0]["body"])["detail"]
        job, status = detail.get("TrainingJobName", JOB), detail.get("TrainingJobStatus", "Completed")
        sagemaker.create_training_job(**requests.training_job(train_settings(), job, "c" * 64))
        sagemaker.end_job(job, status, SecondaryStatus=detail.get("SecondaryStatus", status))
        if name == "deploy-package-approved":
            sagemaker.create_model_package_group(**requests.model_package_group(deploy_settings()))
            properties = {"training_job": JOB}
            package = requests.model_package(deploy_settings(), JOB, "s3://bucket/model.tar.gz", "Approved", properties)
            sagemaker.create_model_package(**package)
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/output/model.tar.gz", Body=model_tar(JOB))
        outputs = output_tar(history=history_of())
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/output/output.tar.gz", Body=outputs)
        ports = wire_deploy(deploy_settings(), s3, sagemaker, logs, sns, sqs, cloudwatch, runtime)
        came_back = deploy(event, context, ports=ports)["batchItemFailures"]
        status = sagemaker.endpoint["EndpointStatus"] if sagemaker.endpoint else (sns.subjects or ["no endpoint"])[0]
        return f"{'comes back' if came_back else 'done'}, {status}"

    def of_backfill(name: str, event: dict[str, Any]) -> Any:
        url = "https://sqs.us-east-1.amazonaws.com/123456789012/fraud-Backfills"
        found = BackfillSettings(BUCKET, HISTORY, url, STACK_KEY)
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/contract.json", Body=contract(JOB).to_json().encode())
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/history/part-00000.jsonl.gz", Body=PART)
        message = json.loads(event["Records"][0]["body"]) | {"sha256": hashlib.sha256(PART).hexdigest()}
        event["Records"][0]["body"] = json.dumps(message)
        backfill(event, context, ports=wire_backfill(found, s3, table, sqs, FakeSecrets))
        entities = json.loads(read(s3, f"runs/{JOB}/history/loaded/part-00000.jsonl.gz.json"))["entities"]
        return f"{entities} entity"

    def of_score(name: str, event: dict[str, Any]) -> Any:
        world = build(s3, table, context)
        world.serve(contract(JOB))
        return score(event, context, ports=world.scoring)["statusCode"]

    def of_bulk(name: str, event: dict[str, Any]) -> Any:
        world = build(s3, table, context)
        drop("batch/in/november.csv", TRANSACTIONS)
        message = json.loads(event["Records"][0]["body"])
        if "detail" in message:
            message["detail"]["object"]["etag"] = hashlib.md5(TRANSACTIONS).hexdigest()
            event["Records"][0]["body"] = json.dumps(message)
        bulk(event, context, ports=wire_bulk(BULK_SETTINGS, world.scoring, s3, sqs, sns))
        if not stored(s3, "batch/out/"):
            return "nothing"
        told = json.loads(read(s3, "batch/out/november.summary.json"))
        return f"{told['status']}, {told['scored']} row"

    def of_label(name: str, event: dict[str, Any]) -> Any:
        table.put_item(TableName=TABLE, Item={"transaction_id": {"S": "payment-1"}})
        ports = wire_label(LABEL_SETTINGS, table, s3, sqs, sns)
        drop("labels/november.csv", LABELS)
        answer = label(event, context, ports=ports)
        if "Records" in event:
            assert answer == {"batchItemFailures": []}
            is_recorded = "label" in table.get_item(TableName=TABLE, Key={"transaction_id": {"S": "payment-1"}})["Item"]
            return "file recorded" if is_recorded else "nothing left"
        body = json.loads(answer["body"])
        if answer["statusCode"] != 200:
            return answer["statusCode"]
        return ", ".join(f"{one['transaction_id']} {one['status']}" for one in body.get("labels", [body]))

    def serve() -> None:
        s3.put_object(Bucket=BUCKET, Key=f"runs/{JOB}/contract.json", Body=contract(JOB).to_json().encode())
        live = {"model": JOB, "contract": f"runs/{JOB}/contract.json"}
        s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=json.dumps(live).encode())

    def of_rules(name: str, event: dict[str, Any]) -> Any:
        serve()
        if name != "rules-file-removed":
            drop("config/rules.yaml", RULES)
        assert rules(event, context, ports=wire_rules(RULES_SETTINGS, s3, sns)) == {"batchItemFailures": []}
        return (sns.subjects or ["nothing"])[0]

    def of_lists(name: str, event: dict[str, Any]) -> Any:
        serve()
        answer = lists(event, context, ports=wire_lists(LISTS_SETTINGS, s3, table, FakeSecrets, clock))
        return json.loads(answer["body"])["list"] if answer["statusCode"] == 200 else answer["statusCode"]

    def of_forget(name: str, event: dict[str, Any]) -> Any:
        serve()
        key = history.key_under(PLAN, "card_id", "k-17")
        table.put_item(TableName=HISTORY, Item={"entity": {"S": key}})
        found = ForgetSettings(BUCKET, TABLE, HISTORY, LISTS, STACK_KEY)
        answer = forget(event, context, ports=wire_forget(found, s3, table, FakeSecrets))
        return "refused" if "error" in answer else f"{answer['deleted']['history']} of history"

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
            logs,
            TeardownSettings("fraud", "fraud-endpoint"),
            lambda _: None,
            lambda _, answer: sent.append(answer),
        )
        teardown(event, context, ports=ports)
        return sent[0]["Status"]

    def of_monitor(name: str, event: dict[str, Any]) -> Any:
        ports = wire_monitor(monitor_settings(), s3, sagemaker, sns, sqs, cloudwatch, clock)
        monitor(event, context, ports=ports)
        return (sns.subjects or ["nothing"])[0]

    deliver = {
        "train": of_train,
        "deploy": of_deploy,
        "monitor": of_monitor,
        "backfill": of_backfill,
        "score": of_score,
        "bulk": of_bulk,
        "label": of_label,
        "rules": of_rules,
        "lists": of_lists,
        "forget": of_forget,
        "archive": of_archive,
        "teardown": of_teardown,
    }
    return lambda name: deliver[name.partition("-")[0]](name, sample_event(name))


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_the_event_has_the_outcome_that_the_table_says(outcome, name):
    assert outcome(name) == OUTCOMES[name]
