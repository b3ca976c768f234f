"""A model goes live when it answers golden transactions as it did in training, and leaves when it does not."""

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.aws import names
from tests.functions.conftest import BUCKET, live_model, read, stored
from tests.functions.fakes import CANDIDATE, ENDPOINT, client_error

FIRST, SECOND, THIRD = (names.job("fraud", digit * 64) for digit in "123")
serverless = pytest.mark.parametrize("deploy_changes", [{"endpoint_type": "serverless"}], ids=["serverless"])


def mark(sagemaker: Any, job: str) -> str | None:
    (found,) = (one for one in sagemaker.packages.values() if one["ModelPackageDescription"] == job)
    return found["CustomerMetadataProperties"].get("deployment")


@pytest.fixture
def updating(live, trained, deliver):
    """A second model on its way to the endpoint of the first."""
    live(FIRST)
    trained(SECOND)
    assert deliver(SECOND)


def test_a_model_is_asked_golden_transactions_before_scoring_hears_of_it(updating, deliver, sagemaker, runtime, s3):
    assert json.loads(read(s3, f"runs/{SECOND}/golden.json"))["model"] == SECOND
    runtime.asked.clear()
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert runtime.asked == [ENDPOINT] and live_model(s3) == SECOND


def test_wrong_answers_lead_back_to_the_model_before(updating, deliver, sagemaker, runtime, s3, sns):
    sagemaker.settle_endpoint()
    runtime.shift = 0.01
    assert deliver(SECOND)
    assert sagemaker.updates[-1]["EndpointConfigName"] == FIRST
    assert sns.subjects[1:] == [f"Wrong answers: model {SECOND}"]
    assert live_model(s3) == FIRST
    assert deliver(SECOND)  # while the endpoint turns back
    sagemaker.settle_endpoint()
    runtime.shift = 0.0
    for _ in range(3):
        assert not deliver(SECOND)
    assert sns.subjects[2:] == [f"Rolled back: model {SECOND}"]
    assert "golden transaction 1 has fraud probability" in sns.published[-1]["Message"]
    assert f"Model {FIRST} serves on" in sns.published[-1]["Message"]
    assert mark(sagemaker, SECOND) == "rolled-back"
    assert len(sagemaker.updates) == 2


def test_a_crash_while_it_is_led_back_is_made_good(updating, deliver, sagemaker, runtime, sns):
    sagemaker.settle_endpoint()
    runtime.shift = 0.01
    sagemaker.fail_next("UpdateEndpoint", "ThrottlingException")
    with pytest.raises(Exception, match="All records failed"):
        deliver(SECOND)
    runtime.shift = 0.0  # what was doubted once stays so
    assert deliver(SECOND)
    assert sagemaker.updates[-1]["EndpointConfigName"] == FIRST


def test_a_first_model_that_answers_wrongly_is_removed(trained, deliver, sagemaker, runtime, s3, sns):
    trained(FIRST)
    deliver(FIRST)
    sagemaker.settle_endpoint()
    runtime.shift = 0.01
    assert deliver(FIRST)
    assert sagemaker.endpoint["EndpointStatus"] == "Deleting"
    sagemaker.settle_endpoint()
    assert not deliver(FIRST)
    assert sns.subjects == [f"Wrong answers: model {FIRST}", f"Failed: endpoint with model {FIRST}"]
    assert "golden transaction" in sns.published[-1]["Message"]
    assert "config/live.json" not in stored(s3) and sagemaker.models == {}


def test_where_nobody_knows_the_way_back_people_are_told(updating, deliver, sagemaker, runtime, sns):
    sagemaker.settle_endpoint()
    del sagemaker.configs[FIRST]
    runtime.shift = 0.01
    assert not deliver(SECOND)
    assert sns.subjects[1:] == [f"Not deployed: model {SECOND} gives wrong answers"]
    assert sagemaker.endpoint["EndpointConfigName"] == SECOND and len(sagemaker.updates) == 1


@pytest.mark.parametrize(
    "silence",
    [client_error("ServiceUnavailable"), client_error("ThrottlingException"), ReadTimeoutError(endpoint_url="…")],
    ids=["unavailable", "throttled", "too late"],
)
def test_silence_is_waited_out_for_a_while(updating, deliver, sagemaker, runtime, s3, silence):
    sagemaker.settle_endpoint()
    runtime.fails = [silence]
    assert deliver(SECOND)
    assert live_model(s3) == FIRST
    assert not deliver(SECOND)
    assert live_model(s3) == SECOND


def test_silence_that_lasts_is_an_answer(updating, deliver, sagemaker, runtime, clock, sns):
    sagemaker.settle_endpoint()
    clock.advance(minutes=20)
    runtime.fails = [client_error("ServiceUnavailable")]
    assert deliver(SECOND)
    assert sns.subjects[1:] == [f"Wrong answers: model {SECOND}"]
    assert "it gives no answer: ServiceUnavailable" in sns.published[-1]["Message"]


def test_a_container_that_fails_is_not_waited_for(updating, deliver, sagemaker, runtime, sns):
    sagemaker.settle_endpoint()
    runtime.fails = [client_error("ModelError", "Received server error (500) from primary")]
    assert deliver(SECOND)
    assert "its container fails: Received server error (500)" in sns.published[-1]["Message"]


def test_an_endpoint_that_turns_to_a_newer_model_while_it_is_asked_is_no_reason_for_doubt(
    updating, trained, deliver, sagemaker, runtime, s3
):
    sagemaker.settle_endpoint()
    trained(THIRD)
    answer = runtime.invoke_endpoint

    def be_overtaken(**request: Any) -> Any:
        runtime.invoke_endpoint = answer
        assert deliver(THIRD)
        runtime.shift = 0.01
        return answer(**request)

    runtime.invoke_endpoint = be_overtaken
    assert deliver(SECOND)
    assert f"runs/{SECOND}/doubt.json" not in stored(s3)


def test_a_model_of_before_golden_transactions_goes_live_without(updating, deliver, sagemaker, runtime, s3):
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{SECOND}/golden.json")
    runtime.asked.clear()
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert live_model(s3) == SECOND and runtime.asked == []


@serverless
def test_a_serverless_model_proves_itself_on_an_endpoint_beside_the_one_that_serves(
    updating, deliver, sagemaker, runtime, s3
):
    assert sagemaker.updates == [] and sagemaker.endpoints[CANDIDATE]["EndpointConfigName"] == SECOND
    assert deliver(SECOND)
    runtime.asked.clear()
    sagemaker.settle_endpoint(name=CANDIDATE)
    assert deliver(SECOND)
    assert runtime.asked == [CANDIDATE]
    assert sagemaker.updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": SECOND}]
    assert sagemaker.endpoints[CANDIDATE]["EndpointStatus"] == "Deleting"
    sagemaker.settle_endpoint()
    assert not deliver(SECOND)
    assert runtime.asked == [CANDIDATE, ENDPOINT] and live_model(s3) == SECOND


@serverless
@pytest.mark.parametrize("wrong", ["answers", "start"])
def test_a_candidate_that_fails_is_removed_and_the_old_model_serves_on(
    updating, deliver, sagemaker, runtime, s3, sns, wrong
):
    if wrong == "answers":
        sagemaker.settle_endpoint(name=CANDIDATE)
        runtime.shift = 0.01
    else:
        sagemaker.settle_endpoint("Failed", "did not pass the ping health check", name=CANDIDATE)
    for _ in range(3):
        assert not deliver(SECOND)
    assert sagemaker.updates == [] and live_model(s3) == sagemaker.endpoint["EndpointConfigName"] == FIRST
    assert sagemaker.endpoints[CANDIDATE]["EndpointStatus"] == "Deleting"
    assert sns.subjects[1:] == [f"Not deployed: model {SECOND} gives wrong answers"]
    reason = "golden transaction 1" if wrong == "answers" else "its container does not start: did not pass the ping"
    assert reason in sns.published[-1]["Message"] and f"Model {FIRST} serves on" in sns.published[-1]["Message"]
    assert mark(sagemaker, SECOND) == "doubted"


@serverless
def test_the_next_model_waits_for_the_candidates_place_and_takes_it(updating, trained, deliver, sagemaker, s3):
    trained(THIRD)
    assert deliver(THIRD)
    sagemaker.settle_endpoint(name=CANDIDATE)
    assert deliver(THIRD)  # newer, so that the other one goes
    assert sagemaker.endpoints[CANDIDATE]["EndpointStatus"] == "Deleting"
    sagemaker.settle_endpoint(name=CANDIDATE)
    assert deliver(THIRD)
    assert deliver(SECOND)
    sagemaker.settle_endpoint(name=CANDIDATE)
    assert deliver(SECOND)  # older, so that it waits
    assert sagemaker.endpoints[CANDIDATE]["EndpointStatus"] == "InService"
    assert deliver(THIRD)
    sagemaker.settle_endpoint()
    assert not deliver(THIRD)
    assert live_model(s3) == THIRD
    assert not deliver(SECOND)


@serverless
def test_two_messages_that_make_a_candidate_at_once_make_one(updating, trained, deliver, sagemaker):
    sagemaker.endpoints.pop(CANDIDATE)
    sagemaker.then("CreateEndpoint", lambda: deliver(SECOND))
    assert deliver(SECOND)
    assert sagemaker.endpoints[CANDIDATE]["EndpointConfigName"] == SECOND
