"""Training and serving code that tests write themselves, packed as SageMaker takes it."""

import io
import json
import tarfile
import textwrap
from typing import Any

from tests.local.sagemaker.stack import IMAGE, ROLE, Stack, wait_for

SERVES = """
    import json, os
    def model_fn(model_dir):
        return open(os.path.join(model_dir, "answer.txt")).read()
    def transform_fn(model, body, content_type, accept):
        return json.dumps({"model": model, "body": repr(body)}), "application/json"
"""
TRAINS = """
    import os, pathlib
    model = pathlib.Path(os.environ["SM_MODEL_DIR"])
    (model / "answer.txt").write_text("trained")
"""


HANDLES = """
    import json, os, time, flask
    def model_fn(model_dir):
        return {"loaded": time.time(), "writable": os.stat(model_dir).st_mode & 0o222}
    def transform_fn(model, body, content_type, accept):
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        if text == "raise":
            raise RuntimeError("no such thing")
        if text == "refuse":
            return flask.Response('{"error": "bad row"}', status=422, mimetype="application/json")
        if text.startswith("sleep"):
            time.sleep(float(text.split()[1]))
        if text == "die":
            os._exit(3)
        headers = dict(flask.request.headers)
        answer = flask.Response(json.dumps({
            "type": type(body).__name__, "content_type": content_type, "accept": accept, "model": model,
            "inference_id": headers.get("X-Amzn-Sagemaker-Inference-Id"),
            "custom": headers.get("X-Amzn-Sagemaker-Custom-Attributes"),
            "env": dict(os.environ), "pid": os.getpid(), "text": text[:20],
        }), mimetype="application/json")
        answer.headers["X-Amzn-SageMaker-Custom-Attributes"] = "back"
        return answer
"""


def tar(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            content = textwrap.dedent(text).encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def untar(packed: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {member.name: archive.extractfile(member).read().decode() for member in members}  # type: ignore[union-attr]


def channel(name: str, uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    source = {"S3DataType": kind, "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def training_request(bucket: str, name: str = "job", **changes: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
        },
        "InputDataConfig": [channel("code", f"s3://{bucket}/{name}/code/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/runs"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "EnableNetworkIsolation": True,
        "Environment": {"PIP_NO_BUILD_ISOLATION": "0"},
    }
    return request | changes


def begin_training(stack: Stack, bucket: str, script: str, name: str = "job", **changes: Any) -> None:
    stack.s3.put_object(Bucket=bucket, Key=f"{name}/code/sourcedir.tar.gz", Body=tar({"train.py": script}))
    stack.sagemaker.create_training_job(**training_request(bucket, name, **changes))


def finished(stack: Stack, name: str = "job") -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = stack.sagemaker.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    job: dict[str, Any] = wait_for(ended)
    return job


def train(stack: Stack, bucket: str, script: str, name: str = "job", **changes: Any) -> dict[str, Any]:
    begin_training(stack, bucket, script, name, **changes)
    return finished(stack, name)


def secondary(stack: Stack, name: str, status: str) -> None:
    describe = stack.sagemaker.describe_training_job
    wait_for(lambda: describe(TrainingJobName=name)["SecondaryStatus"] == status)


def log_lines(stack: Stack, group: str, prefix: str) -> list[str]:
    try:
        streams = stack.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
    except stack.logs.exceptions.ResourceNotFoundException:
        return []
    lines = []
    for stream in streams:
        events = stack.logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
        )
        lines += [event["message"] for event in events["events"]]
    return lines


def make_model(
    stack: Stack,
    bucket: str,
    name: str,
    files: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    **changes: Any,
) -> None:
    """A model whose answer is its own name, unless other files are given."""
    content = files or {"answer.txt": name, "code/inference.py": SERVES}
    stack.s3.put_object(Bucket=bucket, Key=f"models/{name}.tar.gz", Body=tar(content))
    variables = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://{bucket}/models/{name}.tar.gz",
        "Environment": variables | (environment or {}),
    }
    request = {
        "ModelName": name,
        "PrimaryContainer": container,
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
    }
    stack.sagemaker.create_model(**(request | changes))


def make_config(stack: Stack, model: str, name: str | None = None, **changes: Any) -> None:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    stack.sagemaker.create_endpoint_config(EndpointConfigName=name or model, ProductionVariants=[variant | changes])


def make_endpoint(stack: Stack, bucket: str, model: str = "one", **variant: Any) -> dict[str, Any]:
    make_model(stack, bucket, model)
    make_config(stack, model, **variant)
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName=model)
    return settled(stack)


def settled(stack: Stack, name: str = "endpoint") -> dict[str, Any]:
    def done() -> dict[str, Any] | None:
        endpoint: dict[str, Any] = stack.sagemaker.describe_endpoint(EndpointName=name)
        return endpoint if endpoint["EndpointStatus"] in ("InService", "Failed") else None

    endpoint: dict[str, Any] = wait_for(done)
    return endpoint


def ask(stack: Stack, body: str | bytes = "{}", content_type: str = "application/json", **more: Any) -> Any:
    answer = stack.runtime.invoke_endpoint(EndpointName="endpoint", Body=body, **({"ContentType": content_type} | more))
    return json.loads(answer["Body"].read())


def serve(stack: Stack, bucket: str, code: dict[str, str], **variant: Any) -> dict[str, Any]:
    make_model(stack, bucket, "one", {"answer.txt": "one", **code})
    make_config(stack, "one", **variant)
    stack.sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="one")
    return settled(stack)
