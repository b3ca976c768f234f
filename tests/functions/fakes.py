"""SageMaker, SNS, SQS and logs in memory: strict about requests, and slow, wrong or doubled when a test says so."""

import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from threading import Lock
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.contract import service_model

ACCOUNT = "123456789012"
ENDPOINT, CANDIDATE = "fraud-endpoint", "fraud-candidate"
START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SUMMARY = ("CreationTime", "LastModifiedTime", "TrainingEndTime", "TrainingJobStatus")  # members that lists show


def client_error(code: str, message: str = "", operation: str = "Anything", **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, operation)


class OneAtATime:
    """A client for many threads at once: moto behind it would lose what two of them write at the same moment."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**request: Any) -> Any:
            with self._lock:
                return method(**request)

        return call


@dataclass
class Clock:
    time: datetime = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **period: float) -> datetime:
        self.time += timedelta(**period)
        return self.time


class AtOnce(Executor):
    """Threads that have done their work before anybody looks."""

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001 (it is raised where the result is asked for)
            done.set_exception(error)
        return done


@dataclass
class FakeSecrets:
    """Knows one secret, and loses it when a test says so."""

    key: str = "k" * 64
    reads: int = 0
    fails: bool = False

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("secretsmanager", "GetSecretValue", request) == []
        self.reads += 1
        if self.fails:
            raise client_error("AccessDeniedException", operation="GetSecretValue")
        return {"ARN": request["SecretId"], "SecretString": self.key}


@dataclass
class FakeSns:
    published: list[dict[str, str]] = field(default_factory=list)

    def publish(self, **request: str) -> dict[str, str]:
        assert service_model.problems("sns", "Publish", request) == []
        assert request["Subject"].isascii() and "\n" not in request["Subject"] and len(request["Subject"]) < 100
        self.published.append(request)
        return {"MessageId": str(len(self.published))}

    @property
    def subjects(self) -> list[str]:
        return [message["Subject"] for message in self.published]


@dataclass
class FakeSqs:
    returned: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    fails: list[Exception | None] = field(default_factory=list)  # call by call

    def send_message(self, **request: Any) -> None:
        assert service_model.problems("sqs", "SendMessage", request) == []
        if self.fails and (failure := self.fails.pop(0)):
            raise failure
        self.sent.append(json.loads(request["MessageBody"]))

    def change_message_visibility(self, **request: Any) -> None:
        assert service_model.problems("sqs", "ChangeMessageVisibility", request) == []
        self.returned.append(request)


@dataclass
class FakeLogs:
    """Log lines by stream; a page holds one of them, and every other page none, as a filtered search may."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def delete_log_group(self, **request: Any) -> None:
        assert service_model.problems("logs", "DeleteLogGroup", request) == []
        if not self.lines:
            raise client_error("ResourceNotFoundException")
        self.removed.append(request["logGroupName"])

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("logs", "FilterLogEvents", request) == []
        if not self.lines:
            raise client_error("ResourceNotFoundException")
        prefix, pattern = request["logStreamNamePrefix"], request["filterPattern"].strip('"')
        found = [
            line
            for stream, lines in self.lines.items()
            if stream.startswith(prefix)
            for line in lines
            if pattern in line
        ]
        page = int(request.get("nextToken", "0"))
        events = [{"message": found[page // 2]}] if page % 2 == 1 and page // 2 < len(found) else []
        return {"events": events} | ({"nextToken": str(page + 1)} if page < 2 * len(found) else {})


@dataclass
class FakeCloudWatch:
    alarms: dict[str, str] = field(default_factory=dict)  # state by name
    points: list[dict[str, float]] = field(default_factory=list)

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("cloudwatch", "DescribeAlarms", request) == []
        found = [name for name in request["AlarmNames"] if name in self.alarms]
        return {"MetricAlarms": [{"AlarmName": name, "StateValue": self.alarms[name]} for name in found]}

    def get_metric_statistics(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("cloudwatch", "GetMetricStatistics", request) == []
        return {"Datapoints": self.points}


class FakeRuntime:
    """Endpoints that answer golden transactions as their model's file says, unless a test says otherwise."""

    def __init__(self, sagemaker: "FakeSageMaker", s3: Any, bucket: str) -> None:
        self.sagemaker, self.s3, self.bucket = sagemaker, s3, bucket
        self.asked: list[str] = []
        self.shift = 0.0  # how far off the answers are
        self.fails: list[Exception] = []  # call by call

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("sagemaker-runtime", "InvokeEndpoint", request) == []
        self.asked.append(request["EndpointName"])
        if self.fails:
            raise self.fails.pop(0)
        model = self.sagemaker.endpoints[request["EndpointName"]]["EndpointConfigName"]
        golden = json.loads(self.s3.get_object(Bucket=self.bucket, Key=f"runs/{model}/golden.json")["Body"].read())
        assert json.loads(request["Body"])["rows"] == [one["row"] for one in golden["golden"]]
        found = [{"fraud_probability": one["fraud_probability"] + self.shift} for one in golden["golden"]]
        return {"Body": BytesIO(json.dumps({"model": model, "predictions": found}).encode())}


@dataclass
class FakeFirehose:
    """Takes records but for the places that `refuses` names, call by call."""

    refuses: list[set[int]] = field(default_factory=list)
    calls: list[list[bytes]] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)

    def put_record_batch(self, **request: Any) -> dict[str, Any]:
        assert service_model.problems("firehose", "PutRecordBatch", request) == []
        refused = self.refuses.pop(0) if self.refuses else set()
        records = [record["Data"] for record in request["Records"]]
        self.calls.append(records)
        self.taken += [data for place, data in enumerate(records) if place not in refused]
        answers = [
            {"ErrorCode": "ServiceUnavailableException"} if place in refused else {"RecordId": str(place)}
            for place in range(len(records))
        ]
        return {"FailedPutCount": len(refused), "RequestResponses": answers}


class FakeSageMaker:
    """The control plane that the functions see: AWS's names, states and error texts, and nothing that runs."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.jobs: dict[str, dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.packages: dict[str, dict[str, Any]] = {}  # by ARN
        self.updates: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.before: dict[str, list[Callable[[], None]]] = {}

    @property
    def endpoint(self) -> dict[str, Any] | None:
        """The one that serves."""
        return self.endpoints.get(ENDPOINT)

    # ------------------------------------------------------------ what a test does

    def then(self, operation: str, happens: Callable[[], None]) -> None:
        """Something that happens just before the next call of the operation."""
        self.before.setdefault(operation, []).append(happens)

    def fail_next(self, operation: str, code: str, message: str = "") -> None:
        def fail() -> None:
            raise client_error(code, message, operation)

        self.then(operation, fail)

    def end_job(self, name: str, status: str = "Completed", **more: Any) -> None:
        ended = self.clock.advance(seconds=60)
        self.jobs[name] |= {"TrainingJobStatus": status, "TrainingEndTime": ended, "LastModifiedTime": ended}
        self.jobs[name]["SecondaryStatus"] = status
        self.jobs[name] |= more

    def settle_endpoint(self, status: str = "InService", reason: str = "", name: str = ENDPOINT) -> None:
        """Ends what the endpoint is busy with, after minutes; a failed update goes back to the old configuration."""
        endpoint = self.endpoints[name]
        self.clock.advance(minutes=6)
        if endpoint["EndpointStatus"] == "Deleting":
            del self.endpoints[name]
            return
        pending = endpoint.pop("PendingDeploymentSummary", None)
        if pending and status == "InService":
            endpoint["EndpointConfigName"] = pending["EndpointConfigName"]
        if pending and status == "RolledBack":
            status = "InService"
        endpoint |= {"EndpointStatus": status, "LastModifiedTime": self.clock()}
        if status == "InService" and endpoint["EndpointConfigName"] in self.configs:
            endpoint["ProductionVariants"] = [self._variant(endpoint)]
        endpoint.pop("FailureReason", None)
        if reason:
            endpoint["FailureReason"] = reason

    def approve(self, arn: str, status: str = "Approved") -> dict[str, Any]:
        """What a person does; the detail of the event that tells it."""
        moment = self.clock.advance(seconds=60)
        self.packages[arn] |= {"ModelApprovalStatus": status, "LastModifiedTime": moment}
        return {
            "ModelPackageGroupName": self.packages[arn]["ModelPackageGroupName"],
            "ModelPackageArn": arn,
            "ModelApprovalStatus": status,
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
            "LastModifiedTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    # ------------------------------------------------------------ training jobs

    def create_training_job(self, **request: Any) -> dict[str, str]:
        self._called("CreateTrainingJob", request)
        name = request["TrainingJobName"]
        if name in self.jobs:
            raise client_error("ResourceInUse", "a training job with this name already exists")
        self.jobs[name] = request | {
            "TrainingJobArn": self._arn("training-job", name),
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "CreationTime": self.clock(),
            "LastModifiedTime": self.clock(),
            "ModelArtifacts": {
                "S3ModelArtifacts": f"{request['OutputDataConfig']['S3OutputPath']}/{name}/output/model.tar.gz"
            },
        }
        return {"TrainingJobArn": self._arn("training-job", name)}

    def describe_training_job(self, **request: Any) -> dict[str, Any]:
        self._called("DescribeTrainingJob", request)
        return self._found(self.jobs, request["TrainingJobName"], "Requested resource not found.")

    def stop_training_job(self, **request: Any) -> None:
        self._called("StopTrainingJob", request)
        self.jobs[request["TrainingJobName"]]["TrainingJobStatus"] = "Stopping"

    def list_tags(self, **request: Any) -> dict[str, Any]:
        self._called("ListTags", request)
        kind, _, name = request["ResourceArn"].split(":")[-1].partition("/")
        kept = {
            "training-job": self.jobs,
            "model": self.models,
            "endpoint-config": self.configs,
            "model-package-group": self.groups,
        }[kind]
        return {"Tags": kept[name].get("Tags", [])}

    # ------------------------------------------------------------ models, configurations, endpoint

    def create_model(self, **request: Any) -> None:
        self._called("CreateModel", request)
        self._create(self.models, request["ModelName"], request, "Cannot create already existing model")

    def describe_model(self, **request: Any) -> dict[str, Any]:
        self._called("DescribeModel", request)
        return self._found(self.models, request["ModelName"], "Could not find model")

    def delete_model(self, **request: Any) -> None:
        self._called("DeleteModel", request)
        self._found(self.models, request["ModelName"], "Could not find model")
        del self.models[request["ModelName"]]

    def create_endpoint_config(self, **request: Any) -> None:
        self._called("CreateEndpointConfig", request)
        name = request["EndpointConfigName"]
        self._create(self.configs, name, request, "Cannot create already existing endpoint configuration")

    def describe_endpoint_config(self, **request: Any) -> dict[str, Any]:
        self._called("DescribeEndpointConfig", request)
        return self._found(self.configs, request["EndpointConfigName"], "Could not find endpoint configuration")

    def delete_endpoint_config(self, **request: Any) -> None:
        self._called("DeleteEndpointConfig", request)
        self._found(self.configs, request["EndpointConfigName"], "Could not find endpoint configuration")
        del self.configs[request["EndpointConfigName"]]

    def describe_endpoint(self, **request: Any) -> dict[str, Any]:
        self._called("DescribeEndpoint", request)
        return self._found(self.endpoints, request["EndpointName"], 'Could not find endpoint "arn:…".')

    def create_endpoint(self, **request: Any) -> None:
        self._called("CreateEndpoint", request)
        if request["EndpointName"] in self.endpoints:
            raise client_error("ValidationException", 'Cannot create already existing endpoint "arn:…".')
        self._usable(request["EndpointConfigName"])
        self.endpoints[request["EndpointName"]] = {
            "EndpointName": request["EndpointName"],
            "EndpointConfigName": request["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": self.clock(),
            "LastModifiedTime": self.clock(),
        }

    def update_endpoint(self, **request: Any) -> None:
        self._called("UpdateEndpoint", request)
        endpoint = self.endpoints[request["EndpointName"]]
        if endpoint["EndpointStatus"] != "InService":
            raise client_error("ValidationException", 'Cannot update in-progress endpoint "arn:…".')
        self._usable(request["EndpointConfigName"])
        self.updates.append(request)
        endpoint |= {"EndpointStatus": "Updating", "LastModifiedTime": self.clock()}
        endpoint["PendingDeploymentSummary"] = {"EndpointConfigName": request["EndpointConfigName"]}

    def delete_endpoint(self, **request: Any) -> None:
        self._called("DeleteEndpoint", request)
        endpoint = self.endpoints[request["EndpointName"]]
        if endpoint["EndpointStatus"] not in ("InService", "Failed"):
            raise client_error("ValidationException", 'Cannot update in-progress endpoint "arn:…".')
        endpoint["EndpointStatus"] = "Deleting"

    # ------------------------------------------------------------ registry

    def create_model_package_group(self, **request: Any) -> None:
        self._called("CreateModelPackageGroup", request)
        name = request["ModelPackageGroupName"]
        self._create(self.groups, name, request, f"Model Package Group already exists: arn:…/{name}")

    def describe_model_package_group(self, **request: Any) -> dict[str, Any]:
        self._called("DescribeModelPackageGroup", request)
        name = request["ModelPackageGroupName"]
        found = self._found(self.groups, name, f"ModelPackageGroup arn:…/{name} does not exist.")
        return found | {"ModelPackageGroupArn": self._arn("model-package-group", name)}

    def delete_model_package_group(self, **request: Any) -> None:
        self._called("DeleteModelPackageGroup", request)
        name = request["ModelPackageGroupName"]
        if any(package["ModelPackageGroupName"] == name for package in self.packages.values()):
            raise client_error("ConflictException", "still contains model packages")
        del self.groups[name]

    def create_model_package(self, **request: Any) -> dict[str, str]:
        self._called("CreateModelPackage", request)
        group = request["ModelPackageGroupName"]
        self._found(self.groups, group, "Model Package Group does not exist.")
        for arn, package in self.packages.items():
            if package["ClientToken"] == request["ClientToken"]:
                return {"ModelPackageArn": arn}
        arn = self._arn("model-package", f"{group}/{len(self.packages) + 1}")
        self.packages[arn] = request | {"ModelPackageArn": arn, "CreationTime": self.clock()}
        return {"ModelPackageArn": arn}

    def describe_model_package(self, **request: Any) -> dict[str, Any]:
        self._called("DescribeModelPackage", request)
        arn = request["ModelPackageName"]
        return self._found(self.packages, arn, f"ModelPackage {arn} does not exist.")

    def delete_model_package(self, **request: Any) -> None:
        self._called("DeleteModelPackage", request)
        del self.packages[request["ModelPackageName"]]

    def _package_pages(self, **request: Any) -> Any:
        request.pop("PaginationConfig", None)
        self._called("ListModelPackages", request)
        group, after = request["ModelPackageGroupName"], request.get("CreationTimeAfter", START)
        self._found(self.groups, group, f"ModelPackageGroup arn:…/{group} does not exist.")
        status = request.get("ModelApprovalStatus")
        for package in list(self.packages.values()):  # one on a page
            fits = status in (None, package["ModelApprovalStatus"]) and package["CreationTime"] >= after
            if package["ModelPackageGroupName"] == group and fits:
                yield {"ModelPackageSummaryList": [package]}

    def get_paginator(self, operation: str) -> Any:
        if operation == "list_model_packages":
            return SimpleNamespace(paginate=self._package_pages)
        kept, listed, kind, name = {
            "list_training_jobs": (self.jobs, "TrainingJobSummaries", "training-job", "TrainingJob"),
            "list_endpoint_configs": (self.configs, "EndpointConfigs", "endpoint-config", "EndpointConfig"),
            "list_models": (self.models, "Models", "model", "Model"),
        }[operation]

        class Pages:
            def paginate(pages, **request: Any) -> Any:  # noqa: N805 (self is the service)
                paging = request.pop("PaginationConfig", {})
                self._called(f"List{name}s", request)
                status, after = request.get("StatusEquals"), request.get("LastModifiedTimeAfter")
                youngest_first = sorted(kept.items(), key=lambda item: item[1]["CreationTime"], reverse=True)
                for found, item in youngest_first[: paging.get("MaxItems")]:  # one on a page
                    fits = status in (None, item.get("TrainingJobStatus")) and request["NameContains"] in found
                    if fits and not (after and item["LastModifiedTime"] < after):
                        seen = {member: item[member] for member in SUMMARY if member in item}
                        yield {listed: [seen | {f"{name}Name": found, f"{name}Arn": self._arn(kind, found)}]}

        return Pages()

    def update_model_package(self, **request: Any) -> None:
        self._called("UpdateModelPackage", request)
        package = self.packages[request["ModelPackageArn"]]
        added = request.get("CustomerMetadataProperties", {})
        properties = package["CustomerMetadataProperties"] | added
        self.packages[request["ModelPackageArn"]] = package | request | {"CustomerMetadataProperties": properties}

    # ------------------------------------------------------------ inside

    def _variant(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = self.configs[endpoint["EndpointConfigName"]]["ProductionVariants"]
        if "ServerlessConfig" in wanted:
            return {"VariantName": wanted["VariantName"], "CurrentServerlessConfig": wanted["ServerlessConfig"]}
        return {"VariantName": wanted["VariantName"], "DesiredInstanceCount": wanted["InitialInstanceCount"]}

    def _called(self, operation: str, request: dict[str, Any]) -> None:
        assert service_model.problems("sagemaker", operation, request) == []
        self.calls.append(operation)
        for happens in self.before.pop(operation, []):
            happens()

    def _create(self, kept: dict[str, Any], name: str, request: dict[str, Any], message: str) -> None:
        if name in kept:
            raise client_error("ValidationException", message)
        kept[name] = request | {"CreationTime": self.clock()}

    def _found(self, kept: dict[str, Any], name: str, message: str) -> dict[str, Any]:
        if name not in kept:
            raise client_error("ValidationException", message)
        return dict(kept[name])

    def _usable(self, config: str) -> None:
        model = self._found(self.configs, config, "Could not find endpoint configuration")["ProductionVariants"][0]
        self._found(self.models, model["ModelName"], "Could not find model")

    @staticmethod
    def _arn(kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/{name}"
