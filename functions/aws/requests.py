"""SageMaker requests as pure functions of what they depend on."""

from __future__ import annotations

import hashlib
from typing import Any

from functions.aws import images, names
from functions.settings import DeploySettings, TrainSettings

# pip reads the first one inverted: 0 means no build isolation, so that installing our code needs no network.
OFFLINE_PIP = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
LONGEST_WAIT = 28 * 24 * 3600
LONGEST_DESCRIPTION = 1024
METRICS = ("roc_auc", "average_precision")


def training_job(settings: TrainSettings, name: str, code_sha256: str, champion: str | None = None) -> dict[str, Any]:
    """`champion` is the key of the artefact that the new model is compared with."""
    bucket = f"s3://{settings.bucket}"
    stopping = {"MaxRuntimeInSeconds": settings.training_max_runtime_seconds}
    request: dict[str, Any] = {
        "TrainingJobName": name,
        "RoleArn": settings.sagemaker_role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": images.xgboost(settings.aws_region),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": metric, "Regex": f"{metric}=([0-9.eE+-]+);"} for metric in METRICS],
        },
        "HyperParameters": {
            "sagemaker_program": "model.train",
            "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
            "sagemaker_container_log_level": "20",
            "sagemaker_region": settings.aws_region,
            **settings.training_options,
        },
        "InputDataConfig": [
            _channel("train", "ManifestFile", f"{bucket}/{train_manifest_key(name)}"),
            _channel("run", "S3Prefix", f"{bucket}/runs/{name}/input/"),
            _channel("code", "S3Prefix", f"{bucket}/code/{code_sha256}/"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"{bucket}/runs"},
        "ResourceConfig": {
            "InstanceType": settings.training_instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": settings.training_volume_gb,
        },
        "StoppingCondition": stopping,
        "Environment": OFFLINE_PIP,
        "EnableNetworkIsolation": True,
        "Tags": names.tags(settings.stack_name),
    }
    if champion:
        request["InputDataConfig"].append(_channel("champion", "S3Prefix", f"{bucket}/{champion}"))
    if settings.spot_training:
        # half of it to wait for capacity
        stopping["MaxWaitTimeInSeconds"] = min(2 * settings.training_max_runtime_seconds, LONGEST_WAIT)
        request["EnableManagedSpotTraining"] = True
        # Waits beyond an hour are granted to jobs with checkpoints only. Ours takes minutes and starts over instead.
        request["CheckpointConfig"] = {"S3Uri": f"{bucket}/checkpoints/{name}/", "LocalPath": "/opt/ml/checkpoints"}
    return request


def train_manifest_key(name: str) -> str:
    return f"runs/{name}/input-files.manifest"


def _channel(name: str, kind: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": kind, "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "InputMode": "File", "DataSource": {"S3DataSource": source}}


def model(settings: DeploySettings, name: str, model_data_url: str) -> dict[str, Any]:
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": settings.aws_region,
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",  # each further worker loads the model on its first request, seconds late
        **OFFLINE_PIP,
    }
    return {
        "ModelName": name,
        "ExecutionRoleArn": settings.sagemaker_role_arn,
        "EnableNetworkIsolation": settings.endpoint_type == "instance",  # a serverless endpoint does not offer it
        "PrimaryContainer": {
            "Image": images.xgboost(settings.aws_region),
            "Mode": "SingleModel",
            "ModelDataUrl": model_data_url,
            "Environment": environment,
        },
        "Tags": names.tags(settings.stack_name),
    }


def model_package_group(settings: DeploySettings) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": settings.stack_name,
        "ModelPackageGroupDescription": f"Models that stack {settings.stack_name} trained",
        "Tags": names.tags(settings.stack_name),
    }


def model_package(
    settings: DeploySettings, name: str, model_data_url: str, approval: str, properties: dict[str, str]
) -> dict[str, Any]:
    """Its token is the job's: however often it is sent, one package comes of it."""
    container = model(settings, name, model_data_url)["PrimaryContainer"]
    quality = {"ContentType": "application/json", "S3Uri": f"s3://{settings.bucket}/runs/{name}/evaluation.json"}
    return {
        "ModelPackageGroupName": settings.stack_name,
        "ModelPackageDescription": name,
        "ModelApprovalStatus": approval,
        "InferenceSpecification": {
            "Containers": [{member: container[member] for member in ("Image", "ModelDataUrl", "Environment")}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": quality}},
        "CustomerMetadataProperties": properties,
        "ClientToken": hashlib.sha256(f"{settings.bucket}/{name}".encode()).hexdigest()[:32],
    }


def deployment_mark(package: str, state: str, description: str) -> dict[str, Any]:
    """What became of a package at the endpoint. Its approval is left alone, and so it is no new approval."""
    return {
        "ModelPackageArn": package,
        "ApprovalDescription": " ".join(description.split())[:LONGEST_DESCRIPTION],
        "CustomerMetadataProperties": {"deployment": state},
    }


def endpoint_config(settings: DeploySettings, name: str) -> dict[str, Any]:
    variant: dict[str, Any] = {"VariantName": names.VARIANT, "ModelName": name}
    if settings.endpoint_type == "serverless":
        variant["ServerlessConfig"] = {
            "MemorySizeInMB": settings.serverless_memory_mb,
            "MaxConcurrency": settings.serverless_max_concurrency,
        }
    else:
        variant |= {
            "InstanceType": settings.serving_instance_type,
            "InitialInstanceCount": settings.serving_instance_count,
            "InitialVariantWeight": 1.0,
            "ContainerStartupHealthCheckTimeoutInSeconds": 300,
        }
    return {"EndpointConfigName": name, "ProductionVariants": [variant], "Tags": names.tags(settings.stack_name)}


def endpoint(settings: DeploySettings, name: str, config: str) -> dict[str, Any]:
    return {
        "EndpointName": name,
        "EndpointConfigName": config,
        "Tags": names.tags(settings.stack_name),
    }
