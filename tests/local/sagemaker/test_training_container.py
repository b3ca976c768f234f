"""The container's contract, as the script in it sees it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.training.container import arguments, decode, script_parameters
from tests.local.sagemaker.stack import REGION, Stack
from tests.local.sagemaker.work import channel, tar, train, training_request, untar

REPORTS = """
    import json, os, pathlib, sys
    root = pathlib.Path(os.environ["SM_MODEL_DIR"]).parent
    report = {
        "env": dict(os.environ), "argv": sys.argv[1:], "cwd": os.getcwd(), "root": str(root),
        "config": {p.name: json.loads(p.read_text()) for p in (root / "input/config").iterdir()},
        "data": sorted(str(p.relative_to(root / "input/data"))
                       for p in (root / "input/data").rglob("*") if p.is_file()),
    }
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.json").write_text(json.dumps(report))
"""


def report_of(stack: Stack, bucket: str, **changes: Any) -> dict[str, Any]:
    job = train(stack, bucket, REPORTS, **changes)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    packed = stack.s3.get_object(Bucket=bucket, Key="runs/job/output/output.tar.gz")["Body"].read()
    report: dict[str, Any] = json.loads(untar(packed)["report.json"])
    return report


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("true", "True"),
        ("null", ""),
        ("[1,2]", "[1, 2]"),
        ("1e-3", "0.001"),
        ('{"b": [2], "a": 1}', "a=1,b=[2]"),
        ("plain words", "plain words"),
        ('"quoted"', "quoted"),
        ("0.50", "0.5"),
    ],
)
def test_hyperparameters_reach_the_script_as_the_container_passes_them(text: str, argument: str) -> None:
    assert arguments(decode({"key": text})) == ["--key", argument]


def test_one_letter_keys_get_one_dash_and_the_containers_own_keys_are_kept_back() -> None:
    parameters = decode({"x": "1", "sagemaker_program": "train.py", "_tuning_objective_metric": "auc", "b_c": "2"})
    assert arguments(script_parameters(parameters)) == ["--b_c", "2", "-x", "1"]


def test_the_script_finds_what_the_image_promises(stack: Stack, bucket: str) -> None:
    for key in ("train/a.csv", "train/deep/b.csv", "train/folder/"):
        stack.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    request = training_request(bucket)
    report = report_of(
        stack,
        bucket,
        HyperParameters=request["HyperParameters"] | {"depth": "6", "sagemaker_container_log_level": "20"},
        InputDataConfig=[*request["InputDataConfig"], channel("train", f"s3://{bucket}/train/")],
    )
    env, root = report["env"], Path(report["root"])

    assert report["cwd"] == str(root / "code")
    assert report["argv"] == ["--depth", "6"]
    assert report["data"] == ["code/sourcedir.tar.gz", "train/a.csv", "train/deep/b.csv"]
    assert env["SM_CHANNEL_TRAIN"] == str(root / "input/data/train")
    assert env["SM_MODULE_DIR"] == str(root / "input/data/code/sourcedir.tar.gz")
    assert env["SM_OUTPUT_DATA_DIR"] == str(root / "output/data")
    assert env["SM_OUTPUT_INTERMEDIATE_DIR"] == str(root / "output/intermediate")
    assert json.loads(env["SM_CHANNELS"]) == ["code", "train"]
    assert json.loads(env["SM_HPS"]) == {"depth": 6}
    assert json.loads(env["SM_HOSTS"]) == ["algo-1"]
    assert json.loads(env["SM_USER_ARGS"]) == ["--depth", "6"]
    assert json.loads(env["SM_TRAINING_ENV"])["job_name"] == "job"
    assert (env["SM_HP_DEPTH"], env["SM_CURRENT_HOST"], env["SM_LOG_LEVEL"]) == ("6", "algo-1", "20")
    assert (env["TRAINING_JOB_NAME"], env["AWS_REGION"]) == ("job", REGION)
    assert int(env["SM_NUM_CPUS"]) > 0 and env["SM_NUM_GPUS"] == "0"
    assert report["config"]["hyperparameters.json"]["depth"] == "6"
    assert report["config"]["inputdataconfig.json"]["train"]["TrainingInputMode"] == "File"
    assert report["config"]["resourceconfig.json"]["current_instance_type"] == "ml.m5.xlarge"


def test_an_isolated_script_sees_no_credentials_and_no_network(
    stack: Stack, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "http_proxy", "SECRET_OF_THE_MACHINE"):
        monkeypatch.setenv(name, "http://leak")
    env = report_of(stack, bucket)["env"]

    assert [name for name in env if name.startswith("AWS_") and name != "AWS_REGION"] == []
    assert "http://leak" not in env.values()


def test_a_script_with_a_network_has_its_roles_credentials(stack: Stack, bucket: str) -> None:
    env = report_of(stack, bucket, EnableNetworkIsolation=False)["env"]

    assert env["AWS_ACCESS_KEY_ID"] == "ASIAROLE"
    assert env["AWS_ENDPOINT_URL"] == stack.ports.endpoint_url


def test_paths_of_the_container_in_its_variables_lead_into_the_jobs_own_tree(stack: Stack, bucket: str) -> None:
    report = report_of(stack, bucket, Environment={"PIP_NO_BUILD_ISOLATION": "0", "MINE": "/opt/ml/input/data/code"})
    assert report["env"]["MINE"] == report["root"] + "/input/data/code"


def test_source_can_come_straight_from_s3(stack: Stack, bucket: str) -> None:
    stack.s3.put_object(Bucket=bucket, Key="code.tar.gz", Body=tar({"pkg/__init__.py": "", "pkg/train.py": "print(7)"}))
    job = train(
        stack,
        bucket,
        "",
        HyperParameters={
            "sagemaker_program": "pkg.train",
            "sagemaker_submit_directory": f"s3://{bucket}/code.tar.gz",
        },
    )
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Environment": {}}, "AlgorithmError: InstallModuleError"),
        ({"HyperParameters": {"depth": "6"}}, "ClientError: .*script mode only"),
        (
            {
                "HyperParameters": {
                    "sagemaker_program": "train.py",
                    "sagemaker_submit_directory": "/opt/ml/input/data/code/other.tar.gz",
                }
            },
            "AlgorithmError: framework error",
        ),
        (
            {"HyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": "/usr"}},
            "AlgorithmError: framework error: \n/usr does not exist",
        ),
        (
            {
                "HyperParameters": {
                    "sagemaker_program": "pkg/train.py",
                    "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
                }
            },
            "AlgorithmError: ExecuteUserScriptError",
        ),
    ],
    ids=["pip wants the network", "no program", "no source", "source of the machine", "a path for a module"],
)
def test_a_container_that_cannot_begin_says_why(
    stack: Stack, bucket: str, changes: dict[str, Any], reason: str
) -> None:
    job = train(stack, bucket, "", **changes)
    assert job["TrainingJobStatus"] == "Failed"
    assert re.match(reason, job["FailureReason"]), job["FailureReason"]
