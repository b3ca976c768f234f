"""CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs, DeleteEndpointConfig."""

from local.sagemaker.caller import Caller
from local.sagemaker.errors import already_exists, not_found
from local.sagemaker.listing import page, pick
from local.sagemaker.machine import Machine
from local.sagemaker.serving import models, variants
from local.sagemaker.state import Record

KIND = "endpoint configuration"


class EndpointConfigs:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def create(self, asked: Record, caller: Caller) -> Record:
        machine, name = self._machine, asked["EndpointConfigName"]
        arn = machine.names.arn("endpoint-config", name)
        caller.create("CreateEndpointConfig", arn, asked)
        variants.check(asked)
        if machine.configs.get(name):
            raise already_exists(KIND, arn)
        for variant in asked["ProductionVariants"]:
            model = machine.models.get(variant["ModelName"])
            if model is None:
                raise not_found(models.KIND, machine.names.arn("model", variant["ModelName"]))
            variants.check_model(variant, model)
        config = {**asked, "EndpointConfigArn": arn, "CreationTime": machine.now()}
        machine.configs.put(name, config)
        return {"EndpointConfigArn": arn}

    async def describe(self, asked: Record, caller: Caller) -> Record:
        config = self._find("DescribeEndpointConfig", asked, caller)
        return {member: value for member, value in config.items() if member != "Tags"}

    async def list(self, asked: Record, caller: Caller) -> Record:
        caller.authorise("ListEndpointConfigs", "*")
        return page(
            asked, self._machine.configs.all(), name="EndpointConfigName", summary=_summary, answer="EndpointConfigs"
        )

    async def delete(self, asked: Record, caller: Caller) -> Record:
        # AWS lets a configuration go that an endpoint still runs on; the endpoint keeps its own copy.
        config = self._find("DeleteEndpointConfig", asked, caller)
        self._machine.configs.delete(config["EndpointConfigName"])
        return {}

    def _find(self, action: str, asked: Record, caller: Caller) -> Record:
        arn = self._machine.names.arn("endpoint-config", asked["EndpointConfigName"])
        config = self._machine.configs.get(asked["EndpointConfigName"])
        caller.authorise(action, arn, config)
        if config is None:
            raise not_found(KIND, arn)
        return config


def _summary(config: Record) -> Record:
    return pick(config, "EndpointConfigName", "EndpointConfigArn", "CreationTime")
