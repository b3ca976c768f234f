"""What events lost is found in SageMaker itself, mended and told once; where all is well, nothing is done or said."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.aws import names
from functions.deploy import restoration
from functions.deploy.job import TrainedJob
from functions.deploy.restoration import Restoration
from functions.monitor.handler import UnfinishedError, handler
from tests.functions.artefacts import GUESSING, history_of, model_tar
from tests.functions.conftest import BUCKET, live_model, package_of, read, stored

FIRST, SECOND, THIRD, FOURTH, FIFTH = (names.job("fraud", digit * 64) for digit in "12345")
by_hand = pytest.mark.parametrize("deploy_changes", [{"approval": "manual"}], ids=["approved by hand"])


# ------------------------------------------------------------ nothing is wrong


def test_an_empty_stack_is_looked_at_in_silence(monitor, sagemaker, s3, sns):
    assert monitor() == [] and sns.published == [] and stored(s3) == set()


def test_where_all_was_handled_nothing_is_sent_said_or_written(live, trained, deliver, monitor, s3, sns, sagemaker):
    live(FIRST)
    trained(SECOND, model_tar(SECOND, GUESSING))
    deliver(SECOND)
    trained(THIRD, status="Failed", FailureReason="out of disk")
    deliver(THIRD)
    before, said = stored(s3), len(sns.published)
    for _ in range(3):
        assert monitor() == []
    assert (stored(s3), len(sns.published)) == (before, said)
    assert set(sagemaker.configs) == {FIRST}


def test_what_is_being_handled_is_left_to_its_message(trained, deliver, monitor, sns):
    trained(FIRST)
    assert deliver(FIRST)
    assert monitor(hours=3) == [] and sns.published == []


def test_an_event_may_take_its_time(trained, monitor):
    trained(FIRST)
    assert monitor(minutes=9) == []
    assert monitor(minutes=1) == [{"TrainingJobName": FIRST}]


# ------------------------------------------------------------ jobs and approvals that nobody heard of


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_a_job_whose_event_was_lost_is_told_once_more_and_people_hear_of_it(trained, monitor, tell, sns, status):
    trained(FIRST, status=status)
    (message,) = monitor()
    assert message == {"TrainingJobName": FIRST}
    assert sns.subjects == [f"Reconciled: training job {FIRST}"]
    assert f"ended ({status}) at 2026-11-23 15:11 UTC" in sns.published[0]["Message"]
    for _ in range(3):
        assert monitor() == [] and len(sns.published) == 1
    assert tell(message) == (status == "Completed")


def test_a_job_whose_message_was_given_up_is_told_again_a_day_later_and_so_each_day(trained, deliver, monitor):
    trained(FIRST)
    assert deliver(FIRST)
    assert monitor(hours=23) == []
    assert monitor(hours=1) == [{"TrainingJobName": FIRST}]
    assert monitor(hours=23) == []
    assert monitor(hours=1) == [{"TrainingJobName": FIRST}]
    assert monitor(days=7) == []


def test_jobs_of_others_and_jobs_that_run_are_not_told(trained, monitor, sagemaker):
    trained(FIRST)
    sagemaker.jobs[FIRST]["Tags"] = [{"Key": "fraud:stack", "Value": "another"}]
    trained(names.job("fraud-eu", "1" * 64))
    trained(SECOND)
    sagemaker.jobs[SECOND] |= {"TrainingJobStatus": "InProgress"}
    assert monitor() == []


def test_a_model_that_a_newer_one_overtook_needs_no_message(trained, live, deliver, monitor, s3):
    trained(FIRST)
    live(SECOND)
    assert not deliver(FIRST)
    assert f"runs/{FIRST}/announced/superseded.json" in stored(s3)
    assert monitor(hours=25) == []


def test_a_model_that_somebody_turned_down_on_its_way_needs_no_message(trained, deliver, monitor, sagemaker, s3):
    trained(FIRST, history=history_of(b"one"))
    assert deliver(FIRST)
    sagemaker.approve(package_of(sagemaker, FIRST), "Rejected")
    assert not deliver(FIRST)
    assert f"runs/{FIRST}/announced/turned-down.json" in stored(s3)
    assert monitor(hours=25) == []


@by_hand
def test_an_approval_whose_event_was_lost_is_told_once_more(trained, deliver, monitor, tell, sagemaker, s3, sns):
    trained(FIRST)
    deliver(FIRST)
    assert monitor() == []
    detail = sagemaker.approve(package_of(sagemaker, FIRST))
    (message,) = monitor()
    assert sns.subjects[1:] == [f"Reconciled: approval of model {FIRST}"]
    assert tell(message)
    sagemaker.settle_endpoint()
    assert not tell(message) and live_model(s3) == FIRST
    assert not tell(detail)  # the event after all, late
    assert sns.subjects.count(f"Live: model {FIRST}") == 1
    assert monitor() == []


@by_hand
def test_an_approval_that_arrived_is_not_told_again_while_its_history_is_loaded(
    trained, deliver, tell, monitor, sagemaker
):
    trained(FIRST, history=history_of(b"one"))
    deliver(FIRST)
    assert tell(sagemaker.approve(package_of(sagemaker, FIRST)))
    assert monitor(hours=2) == []


def test_an_approval_of_what_was_approved_before_is_told_by_its_event_alone(live, monitor, sagemaker):
    """A remark on the package would look the same, and must not bring the older model back."""
    live(FIRST)
    live(SECOND)
    sagemaker.packages[package_of(sagemaker, FIRST)] |= {"LastModifiedTime": sagemaker.clock()}
    assert monitor() == []


# ------------------------------------------------------------ the endpoint and what the bucket says of it


@pytest.mark.parametrize("fate", ["deleted", "Failed"])
def test_a_model_whose_endpoint_was_lost_is_brought_back_and_people_hear_of_it(
    live, monitor, tell, sagemaker, s3, sns, fate
):
    live(FIRST)
    live(SECOND)
    if fate == "deleted":
        sagemaker.delete_endpoint(EndpointName="fraud-endpoint")
    sagemaker.settle_endpoint("Failed")
    (message,) = monitor()
    assert message["LostModel"] == SECOND and monitor() == []
    assert sns.subjects[2:] == [f"Reconciled: endpoint fraud-endpoint is {'gone' if fate == 'deleted' else 'Failed'}"]
    while tell(message):
        assert monitor() == []
        sagemaker.settle_endpoint()
    assert sagemaker.endpoint["EndpointConfigName"] == live_model(s3) == SECOND
    assert sns.subjects[3:] == [f"Live: model {SECOND}"]
    assert not tell(message) and monitor() == []
    assert sagemaker.calls.count("CreateEndpoint") == 2


def test_an_endpoint_that_is_lost_twice_is_brought_back_twice(live, monitor, tell, sagemaker, s3):
    live(FIRST)
    for _ in range(2):
        sagemaker.delete_endpoint(EndpointName="fraud-endpoint")
        sagemaker.settle_endpoint()
        (message,) = monitor()
        assert tell(message)
        sagemaker.settle_endpoint()
        assert not tell(message)
    assert sagemaker.calls.count("CreateEndpoint") == 3


def test_a_return_that_fails_is_told_and_not_tried_for_ever(live, monitor, tell, sagemaker, sns):
    live(FIRST)
    sagemaker.delete_endpoint(EndpointName="fraud-endpoint")
    sagemaker.settle_endpoint()
    (message,) = monitor()
    assert tell(message)
    sagemaker.settle_endpoint("Failed", reason="no capacity")
    assert not tell(message)
    sagemaker.settle_endpoint()
    assert sns.subjects[-1] == f"Failed: endpoint with model {FIRST}"
    assert monitor() == [] and monitor(hours=25) == []


def test_what_was_lost_does_not_replace_what_is_newer(live, trained, deliver, monitor, tell, sagemaker, s3):
    live(FIRST)
    sagemaker.delete_endpoint(EndpointName="fraud-endpoint")
    sagemaker.settle_endpoint()
    (message,) = monitor()
    live(SECOND)
    assert not tell(message)
    assert sagemaker.endpoint["EndpointConfigName"] == live_model(s3) == SECOND


def test_scoring_is_told_what_the_endpoint_serves_after_a_change_by_hand(live, monitor, sagemaker, s3, sns):
    live(FIRST)
    live(SECOND)
    sagemaker.update_endpoint(EndpointName="fraud-endpoint", EndpointConfigName=FIRST)
    assert monitor() == []  # it may fail yet
    sagemaker.settle_endpoint()
    assert monitor(minutes=5) == [] and live_model(s3) == SECOND
    assert monitor(minutes=5) == [] and live_model(s3) == FIRST
    document = json.loads(read(s3, "config/live.json"))
    assert document["metrics"]["roc_auc"] == 0.97 and document["contract"] == f"runs/{FIRST}/contract.json"
    assert sns.subjects[2:] == [f"Reconciled: model {FIRST} serves"]
    assert f"scoring was told of model {SECOND}" in sns.published[2]["Message"]
    assert monitor() == [] and len(sns.published) == 3


def test_an_approval_that_was_heard_while_another_model_was_on_its_way_is_the_later_word(
    live, trained, deliver, monitor, tell, sagemaker, s3, sns
):
    live(FIRST)
    trained(SECOND)
    detail = sagemaker.approve(package_of(sagemaker, FIRST))
    sagemaker.then("CreateModel", lambda: tell(detail))
    assert deliver(SECOND)
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert live_model(s3) == SECOND
    (message,) = monitor()
    assert message["LostModel"] == FIRST and f"Reconciled: model {FIRST} comes back" in sns.subjects
    assert tell(message)
    sagemaker.settle_endpoint()
    assert not tell(message) and live_model(s3) == FIRST
    assert monitor() == []


def test_a_change_by_hand_is_a_later_word_than_an_approval(live, monitor, tell, sagemaker, s3):
    live(FIRST)
    live(SECOND)
    detail = sagemaker.approve(package_of(sagemaker, FIRST))
    assert tell(detail)
    sagemaker.settle_endpoint()
    assert not tell(detail)
    sagemaker.update_endpoint(EndpointName="fraud-endpoint", EndpointConfigName=SECOND)
    sagemaker.settle_endpoint()
    for _ in range(3):
        assert monitor() == []
    assert live_model(s3) == SECOND


def test_a_newer_word_about_what_serves_is_not_written_over(live, monitor, monitor_ports, sagemaker, s3, clock):
    live(FIRST)
    live(SECOND)
    sagemaker.endpoint["EndpointConfigName"] = FIRST
    newer = json.dumps(json.loads(read(s3, "config/live.json")) | {"model": THIRD}).encode()
    sagemaker.then("DescribeEndpoint", lambda: s3.put_object(Bucket=BUCKET, Key="config/live.json", Body=newer))
    assert monitor() == [] and live_model(s3) == THIRD


@pytest.mark.parametrize("config", ["somebody-elses", THIRD])
def test_an_endpoint_that_serves_something_unknown_is_told_once_and_left_alone(
    live, monitor, sagemaker, s3, sns, config
):
    live(FIRST)
    sagemaker.endpoint["EndpointConfigName"] = config
    for _ in range(2):
        assert monitor() == []
    assert live_model(s3) == FIRST and sns.subjects[1:] == ["Endpoint fraud-endpoint serves something else"]


def test_an_endpoint_in_an_odd_state_is_told_once(live, monitor, sagemaker, sns):
    live(FIRST)
    sagemaker.endpoint["EndpointStatus"] = "UpdateRollbackFailed"
    for _ in range(2):
        assert monitor() == []
    assert sns.subjects[1:] == ["Endpoint fraud-endpoint is UpdateRollbackFailed"]


# ------------------------------------------------------------ failures


def test_a_task_that_fails_is_an_error_and_keeps_none_of_the_others_from_being_done(trained, monitor, sagemaker, sqs):
    trained(FIRST)
    sagemaker.fail_next("DescribeEndpoint", "AccessDeniedException", "not authorized")
    with pytest.raises(UnfinishedError, match="failed: endpoint"):
        monitor()
    assert [message["detail"] for message in sqs.sent] == [{"TrainingJobName": FIRST}]


def test_a_throttled_task_is_left_to_the_next_run(trained, monitor, sagemaker):
    trained(FIRST)
    sagemaker.fail_next("ListTrainingJobs", "ThrottlingException", "Rate exceeded")
    assert monitor() == []
    assert monitor() == [{"TrainingJobName": FIRST}]


def test_of_two_runs_at_once_both_may_send_and_one_speaks(trained, monitor, monitor_ports, context, sqs, sns, clock):
    trained(FIRST)
    clock.advance(minutes=15)
    send, nested = sqs.send_message, list[bool]()

    def overtaken(**request: Any) -> None:
        if not nested:
            nested.append(True)
            handler({}, context, ports=monitor_ports)
        send(**request)

    sqs.send_message = overtaken
    handler({}, context, ports=monitor_ports)
    assert len(sqs.sent) == 2 and len(sns.published) == 1


def test_a_restored_deployment_keeps_records_of_its_own():
    lost = Restoration(FIRST, datetime(2026, 11, 23, 15, 30, tzinfo=UTC))
    assert restoration.read(lost.detail) == lost and restoration.read({"TrainingJobName": FIRST}) is None
    job = TrainedJob(FIRST, "Completed", "Completed", lost.since, "", "", approved=lost.since)
    assert replace(job, restored=lost).deployment_key("x.json").startswith(f"runs/{FIRST}/restored/20261123T153000")
