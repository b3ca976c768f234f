"""CreateEndpoint, UpdateEndpoint, DescribeEndpoint, ListEndpoints, DeleteEndpoint."""

import secrets

from local.sagemaker.caller import Caller
from local.sagemaker.errors import already_exists, endpoint_busy, invalid, limit_exceeded, not_found
from local.sagemaker.listing import page
from local.sagemaker.machine import Machine
from local.sagemaker.serving import alarms, configs, endpoint, guardrails, models, variants
from local.sagemaker.serving.deployment import Deployments
from local.sagemaker.state import Record

KIND = "endpoint"


class Endpoints:
    def __init__(self, machine: Machine, deployments: Deployments) -> None:
        self._machine = machine
        self._deployments = deployments

    async def create(self, asked: Record, caller: Caller) -> Record:
        arn = self._machine.names.arn("endpoint", asked["EndpointName"])
        caller.create("CreateEndpoint", arn, asked)
        caller.authorise("CreateEndpoint", self._config_arn(asked))
        if self._machine.endpoints.get(asked["EndpointName"]):
            raise already_exists(KIND, arn)
        plan = self._plan(asked)
        self._check_limit(plan)
        record = endpoint.new(self._machine, asked, plan)
        if "DeploymentConfig" in asked:
            guardrails.check(asked["DeploymentConfig"], plan["config"])
            record["LastDeploymentConfig"] = asked["DeploymentConfig"]
        self._deployments.create(record)
        return {"EndpointArn": arn}

    async def update(self, asked: Record, caller: Caller) -> Record:
        record = self._find("UpdateEndpoint", asked, caller)
        caller.authorise("UpdateEndpoint", self._config_arn(asked))
        await self._check_alarms(asked, caller)
        arn = record["EndpointArn"]
        if record["EndpointStatus"] in endpoint.IN_PROGRESS:
            raise endpoint_busy(arn)
        if record["EndpointStatus"] != "InService":
            raise invalid(
                f'Cannot update endpoint "{arn}" in status {record["EndpointStatus"]}; it can only be deleted.'
            )
        plan = self._plan(asked)
        serving = record["ActivePlan"]["config"]
        variants.check_update(serving, plan["config"], arn)
        if asked.get("RetainAllVariantProperties"):
            plan["config"] = variants.retaining(serving, plan["config"], asked)
        self._check_limit(plan)
        kept = record.get("LastDeploymentConfig") if asked.get("RetainDeploymentConfig") else None
        guarded = asked.get("DeploymentConfig", kept)
        if guarded:
            guardrails.check(guarded, plan["config"])
            record["LastDeploymentConfig"] = guarded
        else:
            record.pop("LastDeploymentConfig", None)
        self._deployments.update(record, plan)
        return {"EndpointArn": arn}

    async def describe(self, asked: Record, caller: Caller) -> Record:
        return endpoint.describe(self._find("DescribeEndpoint", asked, caller))

    async def list(self, asked: Record, caller: Caller) -> Record:
        caller.authorise("ListEndpoints", "*")
        return page(
            asked,
            self._machine.endpoints.all(),
            name="EndpointName",
            status="EndpointStatus",
            summary=endpoint.summary,
            answer="Endpoints",
        )

    async def delete(self, asked: Record, caller: Caller) -> Record:
        record = self._find("DeleteEndpoint", asked, caller)
        if record["EndpointStatus"] in endpoint.IN_PROGRESS:
            raise endpoint_busy(record["EndpointArn"])
        self._deployments.delete(record)
        return {}

    def _find(self, action: str, asked: Record, caller: Caller) -> Record:
        arn = self._machine.names.arn("endpoint", asked["EndpointName"])
        record = self._machine.endpoints.get(asked["EndpointName"])
        caller.authorise(action, arn, record)
        if record is None:
            raise not_found(KIND, arn)
        return record

    async def _check_alarms(self, asked: Record, caller: Caller) -> None:
        names = guardrails.alarms(asked.get("DeploymentConfig"))
        if names:
            caller.describe_alarms()
            await alarms.check(self._machine, names, self._plan(asked))

    def _config_arn(self, asked: Record) -> str:
        return self._machine.names.arn("endpoint-config", asked["EndpointConfigName"])

    def _plan(self, asked: Record) -> Record:
        config = self._machine.configs.get(asked["EndpointConfigName"])
        if config is None:
            raise not_found(configs.KIND, self._config_arn(asked))
        used = {}
        for variant in config["ProductionVariants"]:
            model = self._machine.models.get(variant["ModelName"])
            if model is None:
                raise not_found(models.KIND, self._machine.names.arn("model", variant["ModelName"]))
            used[model["ModelName"]] = model
        return {"id": secrets.token_hex(8), "config": config, "models": used}

    def _check_limit(self, plan: Record) -> None:
        limit = self._machine.settings.endpoint_instance_limit
        others = [other for other in self._machine.endpoints.all() if other["EndpointStatus"] != "Failed"]
        plans = [other["ActivePlan"] or other["PendingPlan"] for other in others]
        used = sum(variants.instances(other["config"]) for other in plans)
        wanted = variants.instances(plan["config"])
        if used + wanted > limit:
            kind = plan["config"]["ProductionVariants"][0].get("InstanceType", "serverless")
            raise limit_exceeded(f"{kind} for endpoint usage", limit, used, wanted)
