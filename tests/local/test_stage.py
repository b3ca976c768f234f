"""How far a stack is, judged from what its APIs tell."""

from typing import Any

import pytest

from local.stage import Facts, judge

IN_SERVICE = {"EndpointStatus": "InService"}


def job(status: str, **more: Any) -> dict[str, Any]:
    return {"TrainingJobName": "fraud-new", "TrainingJobStatus": status, "SecondaryStatus": status, **more}


def test_it_waits_while_no_job_has_been_created() -> None:
    assert judge(Facts(), expects_job=True).name == "waiting"
    assert judge(Facts(live="fraud-old", endpoint=IN_SERVICE), expects_job=True).name == "waiting"


def test_it_follows_the_job_by_its_secondary_status() -> None:
    stage = judge(Facts(job=job("InProgress", SecondaryStatus="Downloading")), expects_job=True)
    assert (stage.name, stage.text) == ("training", "training job fraud-new: Downloading")


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_ends_badly_is_a_failure_even_while_an_old_model_serves(status: str) -> None:
    facts = Facts(job=job(status), live="fraud-old", endpoint=IN_SERVICE)
    stage = judge(facts, expects_job=True)
    assert (stage.name, stage.text, stage.culprit) == ("failed", f"training job fraud-new {status.lower()}", "job")


def test_a_trained_model_is_live_only_once_it_is_named_and_its_endpoint_serves() -> None:
    done = job("Completed")
    assert judge(Facts(job=done), expects_job=True).name == "deploying"
    updating = {"EndpointStatus": "Updating"}
    assert judge(Facts(job=done, live="fraud-new", endpoint=updating), expects_job=True).name == "deploying"
    assert judge(Facts(job=done, live="fraud-old", endpoint=IN_SERVICE), expects_job=True).name == "deploying"
    assert judge(Facts(job=done, live="fraud-new", endpoint=IN_SERVICE), expects_job=True).name == "live"


def test_a_trained_model_waits_for_its_history() -> None:
    stage = judge(Facts(job=job("Completed"), history=(2, 12)), expects_job=True)
    assert (stage.name, stage.text) == ("loading", "model fraud-new: history, 2 of 12 part(s) loaded")
    assert judge(Facts(job=job("Completed"), history=(12, 12)), expects_job=True).name == "deploying"


def test_an_endpoint_that_fails_is_a_failure_with_its_reason() -> None:
    broken = {"EndpointStatus": "Failed", "FailureReason": "did not pass the ping health check"}
    stage = judge(Facts(job=job("Completed"), endpoint=broken), expects_job=True)
    assert (stage.name, stage.text) == ("failed", "endpoint failed: did not pass the ping health check")


def test_a_model_that_the_deploy_function_gave_up_on_is_a_failure_in_its_words() -> None:
    facts = Facts(job=job("Completed"), live="fraud-old", endpoint=IN_SERVICE, refused="Rolled back: model fraud-new")
    stage = judge(facts, expects_job=True)
    assert (stage.name, stage.text, stage.culprit) == ("failed", "Rolled back: model fraud-new", "endpoint")


def test_messages_that_a_function_gave_up_on_are_a_failure() -> None:
    stage = judge(Facts(dead_letters={"train": 2, "deploy": 0}), expects_job=True)
    assert (stage.name, stage.text) == ("failed", "the train function gave up on 2 message(s)")


def test_without_new_files_the_model_that_serves_is_enough() -> None:
    serving = Facts(job=job("Failed"), live="fraud-old", endpoint=IN_SERVICE, dead_letters={"train": 1})
    assert judge(serving, expects_job=False).text == "fraud-old"
    assert (
        judge(Facts(live="fraud-old", endpoint={"EndpointStatus": "Creating"}), expects_job=False).name == "deploying"
    )


def test_without_new_files_a_job_that_runs_is_waited_for() -> None:
    facts = Facts(job=job("InProgress"), live="fraud-old", endpoint=IN_SERVICE)
    assert judge(facts, expects_job=False).name == "training"


def test_files_that_were_trained_before_start_no_job_and_the_live_model_will_do() -> None:
    facts = Facts(uploads_handled=True, live="fraud-old", endpoint=IN_SERVICE)
    assert judge(facts, expects_job=True).text == "fraud-old"


def test_files_that_start_no_job_although_nothing_is_live_are_a_failure_of_the_train_function() -> None:
    stage = judge(Facts(uploads_handled=True), expects_job=True)
    assert (stage.name, stage.culprit) == ("failed", "train")


def test_a_job_that_started_is_followed_even_though_the_uploads_are_handled() -> None:
    started = Facts(uploads_handled=True, job=job("InProgress"), live="fraud-old", endpoint=IN_SERVICE)
    assert judge(started, expects_job=True).name == "training"
    trained = Facts(uploads_handled=True, job=job("Completed"), live="fraud-old", endpoint=IN_SERVICE)
    assert judge(trained, expects_job=True).name == "deploying"
