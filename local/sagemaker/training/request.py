"""What AWS checks of a CreateTrainingJob request beyond its shape, and what this machine cannot do."""

from local.sagemaker.errors import invalid, limit_exceeded, unsupported
from local.sagemaker.state import Record
from local.sagemaker.training.container import ROOT

DAY = 86_400
CHECKPOINTS = f"{ROOT}/checkpoints"
_NOT_HERE = {
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "TensorBoardOutputConfig",
    "ExperimentConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "RemoteDebugConfig",
    "InfraCheckConfig",
    "SessionChainingConfig",
    "ServerlessJobConfig",
    "MlflowConfig",
    "ModelPackageConfig",
}


def check(request: Record) -> None:
    for member in sorted(_NOT_HERE & request.keys()):
        raise unsupported(member)
    for member in ("ResourceConfig", "StoppingCondition"):
        if member not in request:
            raise invalid(f"{member} is required for a training job that is not serverless.")
    _check_algorithm(request.get("AlgorithmSpecification", {}))
    _check_resources(request["ResourceConfig"])
    for channel in request.get("InputDataConfig", []):
        _check_channel(channel)
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    if len(names) != len(set(names)):
        raise invalid("Channel names must be unique.")
    _check_uri(request["OutputDataConfig"]["S3OutputPath"])
    if request["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise unsupported("OutputDataConfig.CompressionType NONE")
    if "CheckpointConfig" in request:
        _check_checkpoints(request["CheckpointConfig"])
    _check_times(request)


def _check_algorithm(algorithm: Record) -> None:
    if "TrainingImage" not in algorithm:
        raise (
            unsupported("An algorithm without TrainingImage")
            if "AlgorithmName" in algorithm
            else invalid("You must specify either TrainingImage or AlgorithmName in AlgorithmSpecification.")
        )
    if algorithm.get("TrainingInputMode", "File") == "Pipe":
        raise unsupported("TrainingInputMode Pipe")
    for member in ("ContainerEntrypoint", "ContainerArguments", "TrainingImageConfig"):
        if member in algorithm:
            raise unsupported(f"AlgorithmSpecification.{member}")


def _check_resources(resources: Record) -> None:
    for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        if member not in resources:
            raise invalid(f"ResourceConfig.{member} is required.")
    if resources["InstanceCount"] > 1:
        raise limit_exceeded(
            f"{resources['InstanceType']} for training job usage", 1, 0, int(resources["InstanceCount"])
        )


def _check_channel(channel: Record) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise unsupported(f"The data source of channel {channel['ChannelName']}")
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise unsupported(f"S3DataType {source['S3DataType']}")
    if channel.get("InputMode", "File") == "Pipe":
        raise unsupported("InputMode Pipe")
    if channel.get("CompressionType", "None") != "None":
        raise invalid("CompressionType Gzip is only for Pipe input mode; leave it out in File mode.")
    _check_uri(source["S3Uri"])


def _check_checkpoints(config: Record) -> None:
    _check_uri(config["S3Uri"])
    path = config.get("LocalPath", CHECKPOINTS)
    if not path.startswith(f"{ROOT}/") or ".." in path:
        raise unsupported(f"A checkpoint directory outside {ROOT}")


def _check_uri(uri: str) -> None:
    if not uri.startswith("s3://") or not uri[5:].partition("/")[0]:
        raise invalid(f"Invalid S3 URI: {uri}")


def _check_times(request: Record) -> None:
    limits = request["StoppingCondition"]
    longest = limits.get("MaxRuntimeInSeconds", DAY)
    wait = limits.get("MaxWaitTimeInSeconds")
    if request.get("EnableManagedSpotTraining"):
        if wait is None or wait < longest:
            raise invalid(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
            )
    elif wait is not None:
        raise invalid("Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is true")
