"""A training job that ended comes to the endpoint once, in order, and people hear how it went, once."""

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from functions.aws import names
from functions.deploy import notices
from functions.deploy.handler import handler
from functions.deploy.job import TrainedJob
from model.gate_schema import Gate
from tests.functions.artefacts import (
    EVALUATION,
    GUESSING,
    HOLD_OUT,
    SHIPPED,
    contract,
    history_of,
    model_tar,
    output_tar,
    trees,
)
from tests.functions.conftest import BUCKET, live_model, read, sample_event, stored
from tests.functions.fakes import client_error

PLAN = contract("any").schema.history_plan.id
FIRST, SECOND, THIRD = (names.job("fraud", digit * 64) for digit in "123")


def is_judged(s3, job: str) -> bool:
    return f"runs/{job}/gate.json" in stored(s3)


def test_the_first_model_creates_the_endpoint_and_goes_live(trained, deliver, sagemaker, s3, sns, sqs):
    trained(FIRST)
    assert deliver(FIRST)
    assert sagemaker.endpoint["EndpointStatus"] == "Creating"
    assert sqs.returned[0]["VisibilityTimeout"] == 60
    assert "config/live.json" not in stored(s3)
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)
    document = json.loads(read(s3, "config/live.json"))
    assert document["model"] == FIRST
    assert document["contract"] == f"runs/{FIRST}/contract.json"
    assert document["metrics"] == EVALUATION["metrics"]
    assert (document["trained_on"], document["judged_on"]) == (SHIPPED, HOLD_OUT)
    assert sns.subjects == [f"Live: model {FIRST}"]
    assert "roc auc: 0.97" in sns.published[0]["Message"] and "recall: 0.71" in sns.published[0]["Message"]


def test_rows_that_were_set_aside_are_told_with_the_model_that_goes_live():
    job = TrainedJob(FIRST, "Completed", "Completed", datetime(2026, 1, 1, tzinfo=UTC), "", "")
    told = notices.live(job, "bucket", "fraud-endpoint", {"data": {"rows": {"rejected": 3}}}).text
    assert f"Rows that were set aside: 3, with reasons in\n  aws s3 cp s3://bucket/runs/{FIRST}/rejected.csv ." in told
    assert "set aside" not in notices.live(job, "bucket", "fraud-endpoint", EVALUATION).text


def test_what_the_job_left_is_published_for_people_and_for_scoring(live, s3):
    live(FIRST)
    published = {key.removeprefix(f"runs/{FIRST}/") for key in stored(s3, f"runs/{FIRST}/")}
    assert {"contract.json", "evaluation.json", "report.html", "rejected.csv"} <= published
    assert json.loads(read(s3, f"runs/{FIRST}/contract.json"))["model"] == FIRST
    assert json.loads(read(s3, f"runs/{FIRST}/evaluation.json")) == EVALUATION
    assert gzip.decompress(read(s3, f"runs/{FIRST}/trees.json.gz")) == trees(contract(FIRST))


def test_a_second_model_updates_the_endpoint(live, trained, deliver, sagemaker, s3, sns):
    live(FIRST)
    trained(SECOND)
    assert deliver(SECOND)
    assert live_model(s3) == FIRST
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert live_model(s3) == SECOND
    assert sagemaker.calls.count("CreateEndpoint") == sagemaker.calls.count("UpdateEndpoint") == 1
    assert len(sns.published) == 2


def test_a_message_that_comes_again_changes_and_says_nothing(live, deliver, sagemaker, sns):
    live(FIRST)
    before = sagemaker.calls.count("CreateEndpoint")
    for _ in range(3):
        assert not deliver(FIRST)
    assert sagemaker.calls.count("CreateEndpoint") == before and len(sns.published) == 1


def test_two_messages_in_one_batch_deploy_once(trained, context, deploy_ports, sagemaker, sns):
    job = "fraud-4296854961e50a36"  # the one in events/
    trained(job)
    event = sample_event("deploy-job-completed-twice")
    assert len(handler(event, context, ports=deploy_ports)["batchItemFailures"]) == 2
    sagemaker.settle_endpoint()
    assert handler(event, context, ports=deploy_ports) == {"batchItemFailures": []}
    assert sagemaker.calls.count("CreateEndpoint") == 1 and len(sns.published) == 1


def test_of_two_handlers_at_once_only_one_speaks(trained, deliver, sagemaker, sns):
    trained(FIRST)
    deliver(FIRST)
    sagemaker.settle_endpoint()
    answers: list[bool] = []
    publish = sns.publish

    def while_publishing(**request: str) -> dict[str, str]:
        sns.publish = publish
        answers.append(deliver(FIRST))
        return publish(**request)

    sns.publish = while_publishing
    assert not deliver(FIRST)
    assert answers == [True]  # the other one looks again later
    assert not deliver(FIRST)
    assert len(sns.published) == 1


def test_a_crash_while_announcing_is_made_good(trained, deliver, sagemaker, sns, clock):
    trained(FIRST)
    deliver(FIRST)
    sagemaker.settle_endpoint()
    publish = sns.publish

    def crash(**request: str) -> dict[str, str]:
        raise TimeoutError

    sns.publish = crash
    with pytest.raises(BatchProcessingError):
        deliver(FIRST)
    sns.publish = publish
    clock.time = datetime.now(UTC)  # the claim carries the machine's time
    assert deliver(FIRST)  # the claim may belong to somebody who is at it
    clock.advance(minutes=12)
    assert not deliver(FIRST)
    assert sns.subjects == [f"Live: model {FIRST}"]


def test_while_another_update_runs_the_message_waits(live, trained, deliver, sagemaker):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    trained(THIRD)
    assert deliver(THIRD)
    sagemaker.settle_endpoint()
    assert deliver(THIRD)
    sagemaker.settle_endpoint()
    assert not deliver(THIRD)
    assert sagemaker.endpoint["EndpointConfigName"] == THIRD


def test_an_older_job_does_not_replace_a_newer_model(trained, deliver, live, sagemaker, sns):
    trained(FIRST)
    live(SECOND)
    assert not deliver(FIRST)
    assert sagemaker.endpoint["EndpointConfigName"] == SECOND
    assert FIRST not in sagemaker.models and len(sns.published) == 1


def test_a_job_that_a_newer_one_overtook_in_between_is_not_reported_as_rolled_back(trained, deliver, sagemaker, sns):
    trained(FIRST)
    deliver(FIRST)
    sagemaker.settle_endpoint()
    trained(SECOND)
    deliver(SECOND)
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert not deliver(FIRST)
    assert sns.subjects == [f"Live: model {SECOND}"]


def test_a_rolled_back_update_is_noticed_and_not_tried_again(live, trained, deliver, sagemaker, s3, sns):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    sagemaker.settle_endpoint("RolledBack", reason="The container did not pass its health check")
    assert not deliver(SECOND)
    assert not deliver(SECOND)
    assert live_model(s3) == FIRST
    assert sagemaker.calls.count("UpdateEndpoint") == 1
    assert sns.subjects[1:] == [f"Rolled back: model {SECOND}"]
    assert f"Model {FIRST} serves on" in sns.published[1]["Message"]
    assert "did not pass its health check" in sns.published[1]["Message"]


def test_a_rollback_is_noticed_even_if_the_function_died_right_after_it_began_the_update(
    live, trained, deliver, sagemaker, sns, s3
):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{SECOND}/deployment.json")
    assert deliver(SECOND)  # sees the update running and remembers whose it is
    sagemaker.settle_endpoint("RolledBack")
    assert not deliver(SECOND)
    assert sns.subjects[1:] == [f"Rolled back: model {SECOND}"]


def test_a_failed_creation_is_reported_and_leaves_room_for_the_next(trained, deliver, live, sagemaker, s3, sns):
    trained(FIRST)
    deliver(FIRST)
    sagemaker.settle_endpoint("Failed", reason="The primary container did not pass the ping health check")
    assert not deliver(FIRST)
    assert sns.subjects == [f"Failed: endpoint with model {FIRST}"]
    assert "ping health check" in sns.published[0]["Message"]
    assert FIRST not in sagemaker.models and FIRST not in sagemaker.configs
    sagemaker.settle_endpoint()  # the deletion ends
    assert not deliver(FIRST)
    assert sagemaker.endpoint is None
    live(SECOND)
    assert live_model(s3) == SECOND


def test_a_failed_endpoint_of_another_job_is_removed_and_the_newer_model_created(trained, deliver, sagemaker, s3, sns):
    trained(FIRST)
    deliver(FIRST)
    sagemaker.settle_endpoint("Failed")
    trained(SECOND)
    assert deliver(SECOND)
    sagemaker.settle_endpoint()
    assert deliver(SECOND)
    assert not deliver(FIRST) or sagemaker.endpoint["EndpointConfigName"] == SECOND
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert live_model(s3) == SECOND


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (model_tar(FIRST)[:-300], "not a complete tar.gz"),
        (b"not a tar", "not a complete tar.gz"),
        (model_tar(SECOND), f"is of the model {SECOND}"),
        (output_tar(evaluation_json=b"{}"), "checksums.json"),
    ],
    ids=["truncated", "no tar", "another job's", "never finished"],
)
def test_a_damaged_model_is_never_deployed(trained, deliver, sagemaker, s3, sns, archive, reason):
    trained(FIRST, archive)
    for _ in range(2):
        assert not deliver(FIRST)
    assert sagemaker.endpoint is None and sagemaker.models == {}
    assert sns.subjects == [f"Not deployed: model {FIRST} is damaged"]
    assert reason in sns.published[0]["Message"]
    assert f"runs/{FIRST}/contract.json" not in stored(s3)


def test_a_completed_job_without_a_model_is_reported(trained, deliver, s3, sns):
    trained(FIRST)
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{FIRST}/output/model.tar.gz")
    assert not deliver(FIRST)
    assert "there is no artefact" in sns.published[0]["Message"]


def test_a_failed_training_is_reported_with_the_programs_own_reason(live, trained, deliver, sagemaker, s3, sns, logs):
    live(FIRST)
    trained(SECOND, status="Failed", FailureReason="AlgorithmError: ExecuteUserScriptError", SecondaryStatus="Failed")
    reason = {"error": "TrainingError", "message": "november.csv: row 17: amount must be a number"}
    logs.lines = {f"{FIRST}/algo-1-1": ['TRAINING_FAILED {"message": "of another job"}']}
    logs.lines[f"{SECOND}/algo-1-1"] = ["started", f"TRAINING_FAILED {json.dumps(reason)}"]
    assert not deliver(SECOND)
    message = sns.published[1]["Message"]
    assert "november.csv: row 17: amount must be a number" in message and f"Model {FIRST} serves on" in message
    assert f"runs/{SECOND}/rejected.csv" in message
    assert live_model(s3) == FIRST and sagemaker.endpoint["EndpointConfigName"] == FIRST
    assert not deliver(SECOND)
    assert len(sns.published) == 2


def test_without_a_log_line_sagemakers_reason_is_told(trained, deliver, sns):
    trained(FIRST, status="Failed", FailureReason="InternalServerError: We encountered an internal error")
    deliver(FIRST)
    assert "We encountered an internal error" in sns.published[0]["Message"]
    assert "No model serves." in sns.published[0]["Message"]


def test_a_program_that_was_killed_is_told_as_such(trained, deliver, sns):
    trained(FIRST, status="Failed", FailureReason="AlgorithmError: , exit code: 137")
    deliver(FIRST)
    assert "exit code: 137 (it was killed, most often for want of memory" in sns.published[0]["Message"]


def test_a_job_that_ran_too_long_is_reported_and_not_deployed(trained, deliver, sagemaker, sns):
    trained(FIRST, status="Stopped", SecondaryStatus="MaxRuntimeExceeded")
    assert not deliver(FIRST)
    assert sagemaker.endpoint is None
    assert sns.subjects == [f"Training stopped: {FIRST}"]
    assert "TrainingMaxRuntimeSeconds" in sns.published[0]["Message"]


def test_half_written_outputs_of_a_failed_job_do_not_hide_its_reason(trained, deliver, s3, sns):
    trained(FIRST, status="Failed", FailureReason="out of disk")
    key = f"runs/{FIRST}/output/output.tar.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=read(s3, key)[:40])
    assert not deliver(FIRST)
    assert "out of disk" in sns.published[0]["Message"]


def test_an_event_that_is_faster_than_describe_comes_back(trained, deliver, sagemaker):
    trained(FIRST)
    sagemaker.jobs[FIRST]["TrainingJobStatus"] = "InProgress"
    assert deliver(FIRST)
    assert sagemaker.endpoint is None


def test_jobs_of_others_are_left_alone(trained, deliver, context, deploy_ports, sagemaker, sns):
    trained(FIRST)
    sagemaker.jobs[FIRST]["Tags"] = [{"Key": "fraud:stack", "Value": "another"}]
    assert not deliver(FIRST)
    assert not deliver(SECOND)  # no such job
    assert handler(sample_event("deploy-foreign-job"), context, ports=deploy_ports) == {"batchItemFailures": []}
    assert sagemaker.endpoint is None and sns.published == []


def test_another_message_that_created_the_endpoint_first_is_no_error(trained, deliver, sagemaker):
    trained(FIRST)
    sagemaker.then("CreateEndpoint", lambda: deliver(FIRST))
    assert deliver(FIRST)
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)


def test_another_message_that_began_an_update_first_is_no_error(live, trained, deliver, sagemaker):
    live(FIRST)
    trained(SECOND)
    trained(THIRD)
    sagemaker.then("UpdateEndpoint", lambda: deliver(THIRD))
    assert deliver(SECOND)
    sagemaker.settle_endpoint()
    assert not deliver(SECOND) and not deliver(THIRD)
    assert sagemaker.endpoint["EndpointConfigName"] == THIRD


def test_a_creation_that_another_message_begins_during_our_look_is_not_taken_for_a_failed_one(
    trained, deliver, sagemaker, sns, s3
):
    """Found on the local stack: this one saw no endpoint, then the other one's record of having created it."""
    trained(FIRST)
    look, seen = sagemaker.describe_endpoint, list[bool]()

    def see_nothing_and_be_overtaken(**request: Any) -> dict[str, Any]:
        try:
            return look(**request)
        finally:
            if not seen and is_judged(s3, FIRST):
                seen.append(True)
                assert deliver(FIRST)

    sagemaker.describe_endpoint = see_nothing_and_be_overtaken
    assert deliver(FIRST)
    assert sns.published == []
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)
    assert sns.subjects == [f"Live: model {FIRST}"] and FIRST in sagemaker.models


def test_an_update_that_another_message_begins_during_our_look_is_not_taken_for_a_rollback(
    live, trained, deliver, sagemaker, sns, s3
):
    live(FIRST)
    trained(SECOND)
    look, seen = sagemaker.describe_endpoint, list[bool]()

    def see_the_old_one_and_be_overtaken(**request: Any) -> dict[str, Any]:
        found = look(**request)
        if not seen and is_judged(s3, SECOND):
            seen.append(True)
            assert deliver(SECOND)
        return found

    sagemaker.describe_endpoint = see_the_old_one_and_be_overtaken
    assert deliver(SECOND)
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert sns.subjects == [f"Live: model {FIRST}", f"Live: model {SECOND}"]


def test_right_after_an_update_began_a_look_that_shows_the_old_state_is_not_believed(
    live, trained, deliver, sagemaker, sns, clock
):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    look = sagemaker.describe_endpoint
    old = dict(sagemaker.endpoint) | {"EndpointStatus": "InService"}
    del old["PendingDeploymentSummary"]
    sagemaker.describe_endpoint = lambda **_: dict(old)
    assert deliver(SECOND)
    sagemaker.describe_endpoint = look
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert sns.subjects[1:] == [f"Live: model {SECOND}"]


def test_a_configuration_that_cannot_be_read_yet_is_waited_for(trained, deliver, sagemaker):
    trained(FIRST)
    sagemaker.fail_next("DescribeEndpointConfig", "ValidationException", "Could not find endpoint configuration")
    assert deliver(FIRST)
    assert sagemaker.endpoint is None
    assert deliver(FIRST)
    assert sagemaker.endpoint is not None


def test_a_real_mistake_is_an_error_that_the_alarm_sees(live, trained, deliver, sagemaker):
    live(FIRST)
    trained(SECOND)
    sagemaker.fail_next("UpdateEndpoint", "ValidationException", "Cannot update from instance to serverless")
    with pytest.raises(BatchProcessingError):
        deliver(SECOND)


def test_over_quota_the_message_comes_back_and_people_are_told_once(trained, deliver, sagemaker, sns):
    trained(FIRST)
    for _ in range(3):
        sagemaker.fail_next("CreateEndpoint", "ResourceLimitExceeded", "The limit for ml.m5.large is 0 Instances")
        assert deliver(FIRST)
    assert len(sns.published) == 1 and "The limit for ml.m5.large is 0" in sns.published[0]["Message"]
    assert deliver(FIRST)
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)


@pytest.mark.parametrize(
    "operation", ["DescribeTrainingJob", "CreateModel", "CreateEndpointConfig", "DescribeEndpoint", "CreateEndpoint"]
)
def test_a_crash_at_any_call_is_made_good_by_the_next_delivery(trained, deliver, sagemaker, s3, operation):
    trained(FIRST)
    sagemaker.fail_next(operation, "InternalFailure")
    with pytest.raises(BatchProcessingError):
        deliver(FIRST)
    assert deliver(FIRST)
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)
    assert live_model(s3) == FIRST


def asking(**rules: Any) -> dict[str, Any]:
    """A contract whose schema has this gate."""
    return {"schema": replace(contract("any").schema, gate=Gate(**rules))}


def test_a_rejected_model_changes_nothing_and_people_are_told_why(live, trained, deliver, sagemaker, s3, sns, sqs):
    live(FIRST)
    trained(SECOND, model_tar(SECOND, GUESSING), history_of(b"one"))
    calls = len(sagemaker.calls)
    for _ in range(2):
        assert not deliver(SECOND)
    registry = {"ListModelPackages", "CreateModelPackageGroup", "CreateModelPackage"}
    assert {"DescribeTrainingJob", "ListTags", "DescribeEndpoint"} | registry == set(sagemaker.calls[calls:])
    assert live_model(s3) == sagemaker.endpoint["EndpointConfigName"] == FIRST
    assert sqs.sent == [] and SECOND not in sagemaker.models
    assert sns.subjects == [f"Live: model {FIRST}", f"Rejected: model {SECOND}"]
    told = sns.published[1]["Message"]
    assert "its area under the ROC curve lies between 0.43 and 0.59, and guessing reaches 0.5." in told
    assert "BROKEN  roc_auc: Its area under the ROC curve is 0.51; at least 0.55 is asked for." in told
    assert "holds  fewest_frauds: The number of frauds that it was judged on is 21; at least 10 is asked for." in told
    assert f"Model {FIRST} serves on." in told


def test_the_verdict_lies_beside_the_model(live, trained, deliver, s3):
    live(FIRST)
    assert json.loads(read(s3, f"runs/{FIRST}/gate.json"))["verdict"] == "pass"
    trained(SECOND, model_tar(SECOND, GUESSING))
    deliver(SECOND)
    verdict = json.loads(read(s3, f"runs/{SECOND}/gate.json"))
    assert (verdict["verdict"], verdict["serving"]) == ("reject", FIRST)
    assert [rule["rule"] for rule in verdict["rules"] if not rule["passed"]] == ["better_than_guessing", "roc_auc"]


def test_a_first_model_that_is_rejected_tells_how_to_ask_for_less(trained, deliver, live, sagemaker, s3, sns):
    trained(FIRST, model_tar(FIRST, GUESSING))
    assert not deliver(FIRST)
    assert sagemaker.endpoint is None and "config/live.json" not in stored(s3)
    told = sns.published[0]["Message"]
    assert "No model serves." in told and "under gate: in the schema (lower floors let more through)" in told
    assert f"aws s3 cp s3://{BUCKET}/runs/{FIRST}/input/schema.yaml ." in told
    assert f"aws s3 cp schema.yaml s3://{BUCKET}/config/schema.yaml" in told
    live(SECOND)


def test_a_model_is_judged_by_the_schema_it_was_trained_with(trained, deliver, sagemaker):
    trained(FIRST, model_tar(FIRST, GUESSING, **asking(better_than_guessing=False, roc_auc=0.5)))
    assert deliver(FIRST)
    assert sagemaker.endpoint["EndpointStatus"] == "Creating"


@pytest.mark.parametrize(("column", "rejected"), [("timestamp", False), ("happened_at", True)])
def test_another_schema_than_that_of_the_model_that_serves_may_be_refused(
    live, trained, deliver, sns, column, rejected
):
    live(FIRST)
    schema = replace(contract("any").schema, timestamp=column, gate=Gate(schema_change="refuse"))
    trained(SECOND, model_tar(SECOND, schema=schema))
    assert deliver(SECOND) != rejected
    assert (f"Rejected: model {SECOND}" in sns.subjects) == rejected


@pytest.mark.parametrize("left", [None, b"{}"], ids=["missing", "of another format"])
def test_a_serving_model_whose_contract_cannot_be_read_counts_as_one_of_another_schema(
    live, trained, deliver, s3, sns, left
):
    live(FIRST)
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{FIRST}/contract.json")
    if left:
        s3.put_object(Bucket=BUCKET, Key=f"runs/{FIRST}/contract.json", Body=left)
    trained(SECOND, model_tar(SECOND, **asking(schema_change="refuse")))
    trained(THIRD)
    assert not deliver(SECOND)
    assert f"Rejected: model {SECOND}" in sns.subjects
    assert deliver(THIRD)  # whose schema allows it


def test_a_verdict_holds_whatever_serves_by_the_next_message(trained, deliver, live, sagemaker, s3):
    trained(SECOND, model_tar(SECOND, **asking(not_compared="refuse")), history_of(b"one"))
    sagemaker.jobs[SECOND]["CreationTime"] += timedelta(days=1)
    assert deliver(SECOND)  # no model serves that it could be compared with; its history is awaited
    live(FIRST)
    loaded(s3, SECOND, 0)
    assert deliver(SECOND)
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert live_model(s3) == SECOND


def test_of_two_verdicts_at_once_the_first_holds(trained, deliver, live, sagemaker, s3, sns):
    """The other message sees nothing serve, this one a model with which it was not compared."""
    trained(SECOND, model_tar(SECOND, **asking(not_compared="refuse")))
    live(FIRST)
    look, seen = sagemaker.describe_endpoint, list[bool]()

    def be_overtaken(**request: Any) -> dict[str, Any]:
        found = look(**request)
        if not seen:
            seen.append(True)
            sagemaker.describe_endpoint = lambda **_: look(**request) | {"EndpointStatus": "Deleting"}
            deliver(SECOND)
            sagemaker.describe_endpoint = look
        return found

    sagemaker.describe_endpoint = be_overtaken
    deliver(SECOND)
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=f"runs/{SECOND}/gate.json")["Versions"]
    assert len(versions) == 1
    assert json.loads(read(s3, f"runs/{SECOND}/gate.json"))["verdict"] == "pass"
    assert f"Rejected: model {SECOND}" not in sns.subjects


def loaded(s3, job: str, *parts: int) -> None:
    for part in parts:
        s3.put_object(Bucket=BUCKET, Key=f"runs/{job}/history/loaded/part-{part:05}.jsonl.gz.json", Body=b"{}")


def test_a_model_waits_until_every_part_of_its_history_is_loaded(trained, deliver, sagemaker, s3, sqs, sns):
    plans: list[str] = []  # said to be in use when the endpoint is turned to
    trained(FIRST, history=history_of(b"one", b"two", b"three"))
    assert deliver(FIRST)
    assert [(message["job"], message["part"]) for message in sqs.sent] == [
        (FIRST, f"part-{part:05}.jsonl.gz") for part in range(3)
    ]
    assert sqs.sent[0]["sha256"] == hashlib.sha256(b"one").hexdigest()
    assert read(s3, f"runs/{FIRST}/history/part-00001.jsonl.gz") == b"two"
    loaded(s3, FIRST, 0, 2)
    assert deliver(FIRST)
    assert sagemaker.endpoint is None and len(sqs.sent) == 3
    assert not stored(s3, "history/")
    sagemaker.then("CreateEndpoint", lambda: plans.extend(stored(s3, "history/")))
    loaded(s3, FIRST, 1)
    assert deliver(FIRST)
    assert sagemaker.endpoint["EndpointStatus"] == "Creating"
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)
    assert sns.subjects == [f"Live: model {FIRST}"]
    assert plans == [f"history/{PLAN}/in-use.json"]


def test_a_model_of_many_entities_asks_for_each_of_its_parts_once(trained, deliver, sqs):
    trained(FIRST, history=history_of(*(str(number).encode() for number in range(23))))
    assert deliver(FIRST)
    assert len({message["part"] for message in sqs.sent}) == len(sqs.sent) == 23


def test_a_request_that_broke_off_is_made_again(trained, deliver, sqs, s3):
    trained(FIRST, history=history_of(b"one", b"two"))
    sqs.fails = [None, client_error("RequestThrottled")]
    with pytest.raises(BatchProcessingError):
        deliver(FIRST)
    assert f"runs/{FIRST}/history/requested.json" not in stored(s3)
    assert deliver(FIRST)
    assert {message["part"] for message in sqs.sent} == {"part-00000.jsonl.gz", "part-00001.jsonl.gz"}


def test_a_model_without_history_waits_for_nothing(trained, deliver, sagemaker, sqs):
    trained(FIRST, history=history_of())
    assert deliver(FIRST)
    assert sagemaker.endpoint["EndpointStatus"] == "Creating" and sqs.sent == []


def test_history_that_does_not_come_is_announced_once(trained, deliver, clock, sns, s3, sagemaker):
    trained(FIRST, history=history_of(b"one", b"two"))
    assert deliver(FIRST)
    loaded(s3, FIRST, 0)
    clock.advance(minutes=29)
    assert deliver(FIRST)
    assert sns.published == []
    for _ in range(3):
        clock.advance(minutes=2)
        assert deliver(FIRST)
    (told,) = sns.published
    assert told["Subject"] == f"Deployment waits for history: {FIRST}"
    assert "part-00001.jsonl.gz" in told["Message"] and "part-00000" not in told["Message"]
    loaded(s3, FIRST, 1)
    assert deliver(FIRST)
    assert sagemaker.endpoint["EndpointStatus"] == "Creating"


def test_history_of_which_a_part_is_missing_is_damaged(trained, deliver, sagemaker, sns):
    parts = history_of(b"one", b"two")
    del parts["part-00001.jsonl.gz"]
    trained(FIRST, history=parts)
    assert not deliver(FIRST)
    assert sagemaker.endpoint is None
    assert "part-00001.jsonl.gz" in sns.published[0]["Message"]


def test_a_model_that_reads_history_but_left_none_is_damaged(trained, deliver, sagemaker, sns, s3):
    trained(FIRST, history={})
    assert not deliver(FIRST)
    assert sagemaker.endpoint is None and f"runs/{FIRST}/contract.json" not in stored(s3)
    assert "history/index.json" in sns.published[0]["Message"]


def test_the_longer_a_deployment_lasts_the_rarer_it_is_looked_at(trained, deliver, clock, sqs):
    sent = datetime(2026, 11, 23, 15, 22, 42, tzinfo=UTC)  # as the event has it
    trained(FIRST, history=history_of(b"one"))
    for minutes in (1, 25, 60, 600):
        clock.time = sent + timedelta(minutes=minutes)
        assert deliver(FIRST)
    assert [returned["VisibilityTimeout"] for returned in sqs.returned] == [60, 75, 180, 300]
