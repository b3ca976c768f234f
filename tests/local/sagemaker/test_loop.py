"""The whole loop once: train, make a model of it, serve it, ask it."""

from tests.local.sagemaker.stack import IMAGE, ROLE, Stack
from tests.local.sagemaker.work import SERVES, TRAINS, ask, make_config, settled, train, untar


def test_what_a_training_job_leaves_in_s3_is_what_an_endpoint_serves(stack: Stack, bucket: str) -> None:
    script = (
        TRAINS
        + f"""
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text({SERVES!r})
    import textwrap
    file = model / "code" / "inference.py"
    file.write_text(textwrap.dedent(file.read_text()))
"""
    )
    job = train(stack, bucket, script)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{bucket}/runs/job/output/model.tar.gz"
    packed = stack.s3.get_object(Bucket=bucket, Key="runs/job/output/model.tar.gz")["Body"].read()
    assert set(untar(packed)) == {"answer.txt", "code/inference.py"}

    stack.sagemaker.create_model(
        ModelName="trained",
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=True,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": uri,
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "PIP_NO_BUILD_ISOLATION": "0",
            },
        },
    )
    make_config(stack, "trained")
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="trained")

    assert settled(stack)["EndpointStatus"] == "InService"
    assert ask(stack, '{"a": 1}') == {"model": "trained", "body": "'{\"a\": 1}'"}
