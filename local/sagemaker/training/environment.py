"""The variables a training script sees: the container's own and nothing of the machine's."""

import json
import os
from pathlib import Path
from typing import Any

from local.sagemaker.state import Record
from local.sagemaker.training.container import (
    HOST,
    Tree,
    arguments,
    resources,
    script_parameters,
)

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def plain(python: Path, home: Path) -> dict[str, str]:
    """What an image sets by itself."""
    return {
        "PATH": f"{python.parent}:{SYSTEM_PATH}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "TRUE",
        "PYTHONIOENCODING": "UTF-8",
        "TZ": "UTC",
    }


def network(region: str, endpoint_url: str, credentials: Any) -> dict[str, str]:
    """What a container without network isolation has beyond that: its role and a way to AWS."""
    return {
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def script(tree: Tree, job: Record, parameters: dict[str, Any], region: str) -> dict[str, str]:
    """SM_* and its company, as sagemaker-containers makes them."""
    own = script_parameters(parameters)
    program = str(parameters.get("sagemaker_program", ""))
    channels = {
        channel["ChannelName"]: str(tree.data / channel["ChannelName"]) for channel in job.get("InputDataConfig", [])
    }
    values: dict[str, Any] = {
        "hosts": [HOST],
        "network_interface_name": "eth0",
        "hps": own,
        "user_entry_point": program,
        "framework_params": {},
        "resource_config": resources(job),
        "input_data_config": json.loads((tree.config / "inputdataconfig.json").read_text()),
        "output_data_dir": str(tree.output_data),
        "channels": sorted(channels),
        "current_host": HOST,
        "module_name": program.removesuffix(".py"),
        "log_level": parameters.get("sagemaker_container_log_level", 20),
        "framework_module": "sagemaker_xgboost_container.training:main",
        "input_dir": str(tree.root / "input"),
        "input_config_dir": str(tree.config),
        "output_dir": str(tree.output),
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "model_dir": str(tree.model),
        "module_dir": tree.translate(str(parameters.get("sagemaker_submit_directory", tree.code))),
        "user_args": arguments(own),
        "output_intermediate_dir": str(tree.intermediate),
    }
    training_env = {
        "channel_input_dirs": channels,
        "hyperparameters": own,
        "job_name": job["TrainingJobName"],
        **{name: value for name, value in values.items() if name not in ("hps", "channels", "user_args")},
    }
    values["training_env"] = training_env
    values.update({f"channel_{name}": directory for name, directory in channels.items()})
    values.update({f"hp_{name}": value for name, value in own.items()})
    return {
        **{f"SM_{name.upper()}": _text(value) for name, value in values.items()},
        "TRAINING_JOB_NAME": job["TrainingJobName"],
        "TRAINING_JOB_ARN": job["TrainingJobArn"],
        "AWS_REGION": region,
        "PYTHONPATH": str(tree.code),
        **{name: tree.translate(value) for name, value in job.get("Environment", {}).items()},
    }


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))
