"""With the stack go endpoint, configurations and models; others' stay, and CloudFormation always gets its answer."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from functions.aws import guardrails, names, requests
from functions.settings import TeardownSettings
from functions.teardown import cloudformation
from functions.teardown.handler import Ports, handler
from tests.functions.conftest import deploy_settings, sample_event, train_settings

JOB = names.job("fraud", "1" * 64)


@pytest.fixture
def answers() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def ports(sagemaker, logs, answers) -> Ports:
    return Ports(
        sagemaker,
        logs,
        TeardownSettings("fraud", "fraud-endpoint"),
        lambda _: [sagemaker.settle_endpoint(name=name) for name in list(sagemaker.endpoints)],
        lambda url, document: answers.append(document),
    )


@pytest.fixture
def serving(sagemaker) -> None:
    make(sagemaker, JOB)
    sagemaker.create_endpoint(**requests.endpoint(deploy_settings(), "fraud-endpoint", JOB))
    sagemaker.settle_endpoint()


def make(sagemaker, job: str) -> None:
    sagemaker.create_training_job(**requests.training_job(train_settings(), job, "c" * 64))
    sagemaker.create_model(**requests.model(deploy_settings(), job, f"s3://bucket/runs/{job}/output/model.tar.gz"))
    sagemaker.create_endpoint_config(**requests.endpoint_config(deploy_settings(), job))


def register(sagemaker, *jobs: str) -> None:
    sagemaker.create_model_package_group(**requests.model_package_group(deploy_settings()))
    for job in jobs:
        sagemaker.create_model_package(
            **requests.model_package(deploy_settings(), job, "s3://bucket/model.tar.gz", "Approved", {"gate": "pass"})
        )


def delete(context, ports, answers) -> dict[str, Any]:
    handler(sample_event("teardown-delete"), context, ports=ports)
    return answers[-1]


@pytest.mark.parametrize("name", ["teardown-create", "teardown-update"])
def test_creation_and_update_succeed_and_touch_nothing(context, ports, answers, sagemaker, name):
    handler(sample_event(name), context, ports=ports)
    assert (answers[0]["Status"], answers[0]["PhysicalResourceId"]) == ("SUCCESS", "teardown")
    assert sagemaker.calls == []


def test_deletion_removes_everything_of_the_stack(serving, context, ports, answers, sagemaker, logs):
    register(sagemaker, JOB, names.job("fraud", "2" * 64))
    logs.lines = {"AllTraffic/i-1": ["started"]}
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert sagemaker.packages == sagemaker.groups == {}
    assert logs.removed == [f"/aws/sagemaker/Endpoints/fraud-{name}" for name in ("endpoint", "candidate")]
    assert sagemaker.endpoint is None and sagemaker.models == sagemaker.configs == {}
    assert sagemaker.jobs[JOB]["TrainingJobStatus"] == "Stopping"


def test_deletion_of_nothing_succeeds(context, ports, answers):
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert delete(context, ports, answers)["PhysicalResourceId"] == "teardown"


def test_what_belongs_to_others_stays(serving, context, ports, answers, sagemaker):
    neighbour, stranger = names.job("fraud-eu", "2" * 64), names.job("fraud", "3" * 64)
    make(sagemaker, neighbour)
    make(sagemaker, stranger)
    sagemaker.models[stranger]["Tags"] = sagemaker.configs[stranger]["Tags"] = []
    sagemaker.jobs[stranger]["Tags"] = []
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert set(sagemaker.models) == set(sagemaker.configs) == {neighbour, stranger}
    assert sagemaker.jobs[stranger]["TrainingJobStatus"] == "InProgress"


def test_a_registry_that_somebody_else_made_under_the_stacks_name_stays(context, ports, answers, sagemaker):
    register(sagemaker, JOB)
    sagemaker.groups["fraud"]["Tags"] = []
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert sagemaker.groups and sagemaker.packages


@pytest.mark.parametrize("operation", ["DeleteModelPackage", "DeleteModelPackageGroup"])
def test_a_registry_of_which_a_part_is_gone_already_is_removed(context, ports, answers, sagemaker, operation):
    register(sagemaker, JOB, names.job("fraud", "2" * 64))
    sagemaker.fail_next(operation, "InternalFailure")
    assert delete(context, ports, answers)["Status"] == "FAILED"
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert sagemaker.packages == sagemaker.groups == {}


def test_a_running_update_is_waited_for(serving, context, ports, answers, sagemaker):
    second = names.job("fraud", "2" * 64)
    make(sagemaker, second)
    sagemaker.update_endpoint(**guardrails.endpoint_update(deploy_settings(), second, None))
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert sagemaker.endpoint is None


def test_an_update_that_takes_longer_than_the_function_may_is_reported(serving, context, ports, answers, sagemaker):
    sagemaker.endpoint["EndpointStatus"] = "Updating"
    context.seconds_left = 25
    answer = delete(context, ports, answers)
    assert answer["Status"] == "FAILED" and "still Updating" in answer["Reason"]


def test_an_error_of_sagemaker_is_the_reason(serving, context, ports, answers, sagemaker):
    sagemaker.fail_next("DeleteModel", "AccessDeniedException", "not authorized to perform: sagemaker:DeleteModel")
    answer = delete(context, ports, answers)
    assert answer["Status"] == "FAILED" and "sagemaker:DeleteModel" in answer["Reason"]
    assert delete(context, ports, answers)["Status"] == "SUCCESS"


def test_cloudformation_is_answered_even_when_something_unforeseen_happens(context, ports, answers, sagemaker):
    def stumble() -> None:
        raise ZeroDivisionError

    sagemaker.then("DescribeEndpoint", stumble)
    with pytest.raises(ZeroDivisionError):
        delete(context, ports, answers)
    assert answers[0]["Status"] == "FAILED" and "ZeroDivisionError" in answers[0]["Reason"]


def test_the_answer_is_put_without_a_content_type():
    """The address that CloudFormation hands out is signed for none."""
    seen: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            seen["type"] = self.headers["Content-Type"]
            seen["body"] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    answer = cloudformation.answer(sample_event("teardown-delete"), "teardown", "x" * 5000)
    cloudformation.send(f"http://127.0.0.1:{server.server_port}/signed", answer)
    thread.join()
    server.server_close()
    assert seen["type"] == "" and seen["body"]["Status"] == "FAILED" and len(seen["body"]["Reason"]) == 1000


def test_only_web_addresses_are_answered():
    with pytest.raises(ValueError, match="not a web address"):
        cloudformation.send("file:///etc/passwd", {})


def test_a_candidate_goes_too(serving, context, ports, answers, sagemaker):
    sagemaker.create_endpoint(**requests.endpoint(deploy_settings(), "fraud-candidate", JOB))
    assert delete(context, ports, answers)["Status"] == "SUCCESS"
    assert sagemaker.endpoints == {}
