"""Every trained model is a package of the registry; whoever approves one decides what serves."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from functions.aws import names
from functions.deploy import approval
from functions.deploy import job as jobs
from functions.deploy.handler import Ports, handler
from tests.functions.artefacts import GUESSING, history_of, model_tar
from tests.functions.conftest import BUCKET, live_model, sample_event, stored

FIRST, SECOND, THIRD = (names.job("fraud", digit * 64) for digit in "123")
by_hand = pytest.mark.parametrize("deploy_changes", [{"approval": "manual"}], ids=["approved by hand"])
MANIFEST = {"schema": {"sha256": "5" * 64}, "code": {"sha256": "c" * 64}}


@pytest.fixture
def tell(context, deploy_ports: Ports):
    """Delivers the event of a package, and says whether the message comes back."""

    def send(detail: dict[str, Any]) -> bool:
        event = sample_event("deploy-package-approved")
        body = json.loads(event["Records"][0]["body"]) | {"detail": detail}
        event["Records"][0]["body"] = json.dumps(body)
        return handler(event, context, ports=deploy_ports) != {"batchItemFailures": []}

    return send


@pytest.fixture
def approved(tell, sagemaker):
    """Approves a job's package, and lets the endpoint come to rest."""

    def approve(job: str) -> dict[str, Any]:
        detail = sagemaker.approve(package_of(sagemaker, job)["ModelPackageArn"])
        if tell(detail):
            sagemaker.settle_endpoint()
            assert not tell(detail)
        return detail

    return approve


def package_of(sagemaker, job: str) -> dict[str, Any]:
    (found,) = [package for package in sagemaker.packages.values() if package["ModelPackageDescription"] == job]
    return found


def serving(s3, sagemaker) -> str:
    assert live_model(s3) == sagemaker.endpoint["EndpointConfigName"]
    return live_model(s3)


def test_a_trained_model_is_registered_with_what_people_want_to_know_of_it(trained, deliver, sagemaker, s3):
    s3.put_object(Bucket=BUCKET, Key=f"runs/{FIRST}/input/manifest.json", Body=json.dumps(MANIFEST).encode())
    trained(FIRST)
    deliver(FIRST)
    package = package_of(sagemaker, FIRST)
    assert package["ModelPackageGroupName"] == "fraud" and package["ModelApprovalStatus"] == "Approved"
    assert package["CustomerMetadataProperties"] == {
        "training_job": FIRST,
        "gate": "pass",
        "roc_auc": "0.97",
        "average_precision": "0.6",
        "schema_sha256": "5" * 64,
        "source_sha256": "c" * 64,
        "manifest": f"s3://{BUCKET}/runs/{FIRST}/input/manifest.json",
        "report": f"s3://{BUCKET}/runs/{FIRST}/report.html",
        "verdict": f"s3://{BUCKET}/runs/{FIRST}/gate.json",
    }
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"] == f"s3://{BUCKET}/runs/{FIRST}/evaluation.json"
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://{BUCKET}/runs/{FIRST}/output/model.tar.gz"
    assert sagemaker.groups["fraud"]["Tags"] == [{"Key": "fraud:stack", "Value": "fraud"}]


def test_a_job_is_registered_once_however_often_it_is_told(live, deliver, sagemaker):
    live(FIRST)
    live(SECOND)
    for job in (FIRST, SECOND, FIRST):
        assert not deliver(job)
    assert len(sagemaker.packages) == 2


@pytest.mark.parametrize("operation", ["ListModelPackages", "CreateModelPackageGroup", "CreateModelPackage"])
def test_a_crash_while_registering_is_made_good(trained, deliver, sagemaker, operation):
    trained(FIRST)
    sagemaker.fail_next(operation, "InternalFailure")
    with pytest.raises(BatchProcessingError):
        deliver(FIRST)
    assert deliver(FIRST)
    assert len(sagemaker.packages) == 1


def test_two_that_register_at_once_make_one_package(trained, deliver, sagemaker):
    trained(FIRST)
    sagemaker.then("CreateModelPackage", lambda: deliver(FIRST))
    assert deliver(FIRST)
    assert len(sagemaker.packages) == 1


def test_a_model_that_the_gate_rejects_is_a_rejected_package_which_its_message_names(trained, deliver, sagemaker, sns):
    trained(FIRST, model_tar(FIRST, GUESSING))
    assert not deliver(FIRST)
    package = package_of(sagemaker, FIRST)
    assert package["ModelApprovalStatus"] == "Rejected"
    properties = package["CustomerMetadataProperties"]
    assert (properties["gate"], properties["broken_rules"]) == ("reject", "better_than_guessing roc_auc")
    command = f"--model-package-arn {package['ModelPackageArn']} --model-approval-status Approved"
    assert f"aws sagemaker update-model-package {command}" in sns.published[0]["Message"]


@by_hand
def test_where_people_approve_a_model_waits_and_they_are_told_once(trained, deliver, sagemaker, s3, sns, sqs):
    trained(FIRST, history=history_of(b"one"))
    for _ in range(2):
        assert not deliver(FIRST)
    assert package_of(sagemaker, FIRST)["ModelApprovalStatus"] == "PendingManualApproval"
    assert sagemaker.endpoint is None and sqs.sent == [] and sagemaker.models == {}
    (told,) = sns.published
    assert told["Subject"] == f"Waits for approval: model {FIRST}"
    assert "roc auc: 0.97" in told["Message"] and "No model serves." in told["Message"]
    arn = package_of(sagemaker, FIRST)["ModelPackageArn"]
    for status in ("Approved", "Rejected"):
        assert f"--model-package-arn {arn} --model-approval-status {status}\n" in told["Message"]


@by_hand
def test_an_approved_model_goes_live(trained, deliver, approved, sagemaker, s3, sns):
    trained(FIRST)
    deliver(FIRST)
    approved(FIRST)
    assert serving(s3, sagemaker) == FIRST
    assert sns.subjects == [f"Waits for approval: model {FIRST}", f"Live: model {FIRST}"]
    assert not deliver(FIRST)  # the job's message, once more
    assert len(sns.published) == 2


@by_hand
def test_an_approved_model_waits_for_its_history_first(trained, deliver, tell, sagemaker, s3, sqs):
    trained(FIRST, history=history_of(b"one"))
    deliver(FIRST)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    assert tell(detail)
    assert sagemaker.endpoint is None and len(sqs.sent) == 1
    s3.put_object(Bucket=BUCKET, Key=f"runs/{FIRST}/history/loaded/part-00000.jsonl.gz.json", Body=b"{}")
    assert tell(detail)
    assert sagemaker.endpoint["EndpointStatus"] == "Creating"


def test_a_model_that_the_gate_rejected_may_be_approved_all_the_same(trained, deliver, approved, sagemaker, s3, sns):
    trained(FIRST, model_tar(FIRST, GUESSING))
    deliver(FIRST)
    approved(FIRST)
    assert serving(s3, sagemaker) == FIRST
    assert sns.subjects == [f"Rejected: model {FIRST}", f"Live: model {FIRST}"]


def test_approving_an_older_model_again_brings_it_back(live, approved, tell, sagemaker, s3, sns):
    live(FIRST)
    live(SECOND)
    detail = approved(FIRST)
    assert serving(s3, sagemaker) == FIRST
    for _ in range(2):
        assert not tell(detail)  # told more than once
    assert sns.subjects == [f"Live: model {job}" for job in (FIRST, SECOND, FIRST)]
    assert sagemaker.calls.count("UpdateEndpoint") == 2
    approved(SECOND)
    approved(FIRST)
    assert serving(s3, sagemaker) == FIRST
    assert len(sns.published) == 5


def test_what_was_approved_last_serves_whatever_order_the_events_arrive_in(live, approved, tell, sagemaker, s3):
    live(FIRST)
    live(SECOND)
    live(THIRD)
    first = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    approved(SECOND)
    assert not tell(first)
    assert serving(s3, sagemaker) == SECOND


def test_an_approval_holds_against_jobs_that_had_begun_before_it_and_not_against_later_ones(
    live, trained, deliver, approved, sagemaker, s3
):
    live(FIRST)
    live(SECOND)
    trained(THIRD)
    approved(FIRST)
    assert not deliver(THIRD)
    assert serving(s3, sagemaker) == FIRST
    live(names.job("fraud", "4" * 64))
    assert serving(s3, sagemaker) == names.job("fraud", "4" * 64)


def test_an_approval_during_an_update_waits_for_its_end(live, trained, deliver, tell, sagemaker, s3):
    live(FIRST)
    trained(SECOND)
    assert deliver(SECOND)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    assert tell(detail)
    sagemaker.settle_endpoint()
    assert tell(detail)
    sagemaker.settle_endpoint()
    assert not tell(detail)
    assert serving(s3, sagemaker) == FIRST
    assert not deliver(SECOND)


def test_a_return_that_the_endpoint_rolls_back_is_told_and_not_tried_again(live, tell, sagemaker, s3, sns):
    live(FIRST)
    live(SECOND)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    assert tell(detail)
    sagemaker.settle_endpoint("RolledBack", reason="unhealthy")
    for _ in range(2):
        assert not tell(detail)
    assert sns.subjects[2:] == [f"Rolled back: model {FIRST}"]
    assert serving(s3, sagemaker) == SECOND


@by_hand
def test_an_approval_that_was_taken_back_deploys_nothing(trained, deliver, tell, sagemaker, sns):
    trained(FIRST)
    deliver(FIRST)
    arn = package_of(sagemaker, FIRST)["ModelPackageArn"]
    detail = sagemaker.approve(arn)
    sagemaker.approve(arn, "Rejected")
    assert not tell(detail)
    assert sagemaker.endpoint is None and len(sns.published) == 1


def test_a_model_that_is_turned_down_while_its_history_is_loaded_does_not_go_live(trained, deliver, sagemaker):
    trained(FIRST, history=history_of(b"one"))
    assert deliver(FIRST)
    sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"], "Rejected")
    assert not deliver(FIRST)
    assert sagemaker.endpoint is None


def test_other_changes_of_an_approved_package_are_no_approval(live, tell, sagemaker, s3):
    """Somebody wrote a remark on the older one; and its creation was told, late."""
    live(FIRST)
    live(SECOND)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    assert not tell(detail | {"UpdatedModelPackageFields": ["CustomerMetadataProperties"]})
    del detail["UpdatedModelPackageFields"]
    assert not tell(detail)
    assert serving(s3, sagemaker) == SECOND


@pytest.mark.parametrize(
    "change",
    [
        {"ModelPackageGroupName": "fraud-eu"},
        {"CustomerMetadataProperties": {}},
        {"CustomerMetadataProperties": {"training_job": "../../config"}},
        {"CustomerMetadataProperties": {"training_job": SECOND}},
    ],
    ids=["another group", "no job", "no name of a job", "no such job"],
)
@by_hand
def test_packages_that_are_not_of_this_stack_deploy_nothing(trained, deliver, tell, sagemaker, change):
    trained(FIRST)
    deliver(FIRST)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    sagemaker.packages[detail["ModelPackageArn"]] |= change
    assert not tell(detail)
    assert sagemaker.endpoint is None


@by_hand
def test_a_package_that_is_gone_deploys_nothing(trained, deliver, tell, sagemaker):
    trained(FIRST)
    deliver(FIRST)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    sagemaker.packages.clear()
    assert not tell(detail)
    assert sagemaker.endpoint is None


@by_hand
def test_an_approved_model_whose_files_were_damaged_meanwhile_is_reported(trained, deliver, tell, sagemaker, s3, sns):
    trained(FIRST)
    deliver(FIRST)
    detail = sagemaker.approve(package_of(sagemaker, FIRST)["ModelPackageArn"])
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{FIRST}/contract.json")
    s3.put_object(Bucket=BUCKET, Key=f"runs/{FIRST}/output/model.tar.gz", Body=b"no tar")
    for _ in range(2):
        assert not tell(detail)
    assert sns.subjects[1:] == [f"Not deployed: model {FIRST} is damaged"]
    assert sagemaker.endpoint is None


@pytest.mark.parametrize(
    "told", ["2026-11-23T15:00:00Z", "2026-11-23T16:00:00+01:00", "1795446000000", 1795446000000, 1795446000000.0]
)
def test_the_moment_of_an_approval_is_read_in_every_form_that_sagemaker_writes(told):
    detail = {"ModelPackageArn": "arn", "UpdatedModelPackageFields": ["ModelApprovalStatus"], "LastModifiedTime": told}
    assert approval.read(detail) == approval.Approval("arn", datetime(2026, 11, 23, 15, tzinfo=UTC))


def test_approvals_of_one_model_keep_their_records_apart(live, approved, s3):
    live(FIRST)
    live(SECOND)
    approved(FIRST)
    approved(SECOND)
    approved(FIRST)
    folders = {key.split("/")[3] for key in stored(s3, f"runs/{FIRST}/approvals/")}
    assert len(folders) == 2


def test_a_job_of_before_an_approval_is_older_than_the_approved_one(sagemaker, trained):
    trained(FIRST)
    trained(SECOND)
    first, second = (jobs.find(sagemaker, "fraud", name) for name in (FIRST, SECOND))
    assert second.is_newer_than(first)
    assert replace(first, approved=second.created + timedelta(seconds=1)).is_newer_than(second)


def test_a_model_that_was_rolled_back_may_be_approved_again(live, trained, deliver, approved, sagemaker, s3):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    sagemaker.settle_endpoint("RolledBack")
    assert not deliver(SECOND)
    approved(SECOND)
    assert serving(s3, sagemaker) == SECOND
