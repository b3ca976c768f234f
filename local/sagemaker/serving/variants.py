"""What an endpoint configuration's variants may say, and what an update may change about them."""

from local.sagemaker.errors import invalid, unsupported
from local.sagemaker.listing import pick
from local.sagemaker.state import Record

_NOT_HERE = (
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "MetricsConfig",
)
_NOT_IN_A_VARIANT = ("AcceleratorType", "CoreDumpConfig", "ManagedInstanceScaling", "InferenceAmiVersion")
_MEMORY_STEP = 1024


def check(config: Record) -> None:
    serverless = [variant for variant in config["ProductionVariants"] if "ServerlessConfig" in variant]
    if serverless and "DataCaptureConfig" in config:
        raise invalid("Data capture is not supported for serverless endpoints.")
    if serverless and len(config["ProductionVariants"]) > 1:
        raise invalid("Serverless endpoints support exactly one production variant.")
    for member in _NOT_HERE:
        if member in config:
            raise unsupported(member)
    names = [variant["VariantName"] for variant in config["ProductionVariants"]]
    if len(names) != len(set(names)):
        raise invalid("Production variant names must be unique within an endpoint configuration.")
    for variant in config["ProductionVariants"]:
        _check_variant(variant)
    if sum(weight(variant) for variant in config["ProductionVariants"]) <= 0:
        raise invalid("The sum of the variants' initial weights must be greater than 0.")


def _check_variant(variant: Record) -> None:
    name = variant["VariantName"]
    if "ModelName" not in variant:
        raise unsupported("A variant without ModelName")
    for member in _NOT_IN_A_VARIANT:
        if member in variant:
            raise unsupported(f"{member} of a variant")
    serverless = variant.get("ServerlessConfig")
    if serverless is None:
        for member in ("InstanceType", "InitialInstanceCount"):
            if member not in variant:
                raise invalid(f"{member} is required for variant {name}, which has no ServerlessConfig.")
        return
    for member in ("InstanceType", "InitialInstanceCount", "VolumeSizeInGB"):
        if member in variant:
            raise invalid(f"{member} can't be specified for variant {name} together with ServerlessConfig.")
    if serverless["MemorySizeInMB"] % _MEMORY_STEP:
        raise invalid("MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120, 6144.")
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise invalid("ProvisionedConcurrency must be less than or equal to MaxConcurrency.")


def check_model(variant: Record, model: Record) -> None:
    if "ServerlessConfig" not in variant:
        return
    if model["EnableNetworkIsolation"]:
        raise invalid(f'Network isolation is not supported for serverless endpoints (model "{model["ModelArn"]}").')
    if "VpcConfig" in model:
        raise invalid(f'VpcConfig is not supported for serverless endpoints (model "{model["ModelArn"]}").')


def check_update(old: Record, new: Record, arn: str) -> None:
    """An endpoint keeps its variants' names, and never turns serverless."""
    names = [{variant["VariantName"] for variant in config["ProductionVariants"]} for config in (old, new)]
    if names[0] != names[1]:
        raise invalid(
            f'Cannot update endpoint "{arn}": the new endpoint configuration must have the same production variants '
            f"({', '.join(sorted(names[0]))})."
        )
    was, becomes = is_serverless(old), is_serverless(new)
    if becomes and not was:
        raise invalid(
            f'Cannot update endpoint "{arn}": an endpoint with instances cannot be updated to a serverless endpoint.'
        )


_RETAINED = {"DesiredInstanceCount": "InitialInstanceCount", "DesiredWeight": "InitialVariantWeight"}


def retaining(old: Record, new: Record, asked: Record) -> Record:
    """The new configuration with the counts and weights that are in force, but for those that are let through."""
    excluded = {kind["VariantPropertyType"] for kind in asked.get("ExcludeRetainedVariantProperties", [])}
    members = [member for kind, member in _RETAINED.items() if kind not in excluded]
    known = {variant["VariantName"]: variant for variant in old["ProductionVariants"]}
    merged = [variant | pick(known[variant["VariantName"]], *members) for variant in new["ProductionVariants"]]
    return new | {"ProductionVariants": merged}


def is_serverless(config: Record) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])


def instances(config: Record) -> int:
    return sum(count(variant) for variant in config["ProductionVariants"])


def count(variant: Record) -> int:
    return int(variant.get("InitialInstanceCount", 1))


def weight(variant: Record) -> float:
    return float(variant.get("InitialVariantWeight", 1.0))
