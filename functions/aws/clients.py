"""One cached client per service and process, each with a time budget.

Plain botocore: boto3 adds 30 ms to a cold start.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast, override

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session, get_session

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


def _config(connect: float, read: float, attempts: int, connections: int = 10) -> Config:
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(
        connect_timeout=connect,
        read_timeout=read,
        retries=retries,
        tcp_keepalive=True,
        max_pool_connections=connections,
    )


BACKGROUND = _config(connect=3, read=20, attempts=4)

# A scoring request has 28 s (template.yaml), and a caller who waits. History and endpoint are waited for within the
# budget, 5 s at most. For the rest, in the worst case each call uses up its attempts and up to 1 s between them: S3
# 2 x 1.5 + 1 to look for the pointer, read it, the contract and the trees (which a warm function has done), DynamoDB
# 2 x 2 + 1 to write a decision alone, or 3.5 + 2 to write it with its history: 5 + 16 + 5.5 = 26.5 s.
# Rules and lists are read while history and endpoint are, and waited for no longer (functions/score/ruling.py).
SCORING_S3 = _config(connect=0.5, read=1, attempts=2)
# Eight transactions of a batch at once, each with a read and a write, and some reads that were given up.
SCORING_TABLE = _config(connect=0.5, read=1.5, attempts=2, connections=24)
# The attempts, and their pauses, are those of functions/score/recording.py and functions/label/recording.py.
RECORDING_TABLE = _config(connect=0.5, read=1.5, attempts=1)

# A serverless endpoint that starts may take the minute that SageMaker allows. Who asks will ask again later.
PROVING_ENDPOINT = _config(connect=3, read=60, attempts=1)


def endpoint_config(budget: float) -> Config:
    """A second attempt would come after a pause, in which the function has long answered by itself."""
    return _config(connect=budget, read=budget, attempts=1)


SERVICES = (
    *("cloudwatch", "dynamodb", "firehose", "logs", "s3", "sagemaker"),
    *("sagemaker-runtime", "secretsmanager", "sns", "sqs"),
)


class _Loader(Loader):
    """botocore would look through the folders of all 400 services, twice: 30 ms of a cold start."""

    @override
    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


@cache
def _session() -> Session:
    session = get_session()
    session.register_component("data_loader", _Loader())
    return session


def _create(service: str, config: Config) -> Any:
    return _session().create_client(service, config=config)


@cache
def s3() -> S3Client:
    return cast("S3Client", _create("s3", BACKGROUND))


@cache
def sagemaker() -> SageMakerClient:
    return cast("SageMakerClient", _create("sagemaker", BACKGROUND))


@cache
def secrets() -> SecretsManagerClient:
    """Scoring waits for it within its budget (functions/score/hiding.py)."""
    return cast("SecretsManagerClient", _create("secretsmanager", SCORING_TABLE))


@cache
def sqs() -> SQSClient:
    return cast("SQSClient", _create("sqs", BACKGROUND))


@cache
def sns() -> SNSClient:
    return cast("SNSClient", _create("sns", BACKGROUND))


@cache
def logs() -> CloudWatchLogsClient:
    return cast("CloudWatchLogsClient", _create("logs", BACKGROUND))


@cache
def cloudwatch() -> CloudWatchClient:
    return cast("CloudWatchClient", _create("cloudwatch", BACKGROUND))


@cache
def firehose() -> FirehoseClient:
    return cast("FirehoseClient", _create("firehose", BACKGROUND))


@cache
def background_table(connections: int) -> DynamoDBClient:
    """Many writes at once, and patience where the table is throttled."""
    patient: Any = {"mode": "standard", "total_max_attempts": 10}
    config = BACKGROUND.merge(Config(max_pool_connections=connections, retries=patient))
    return cast("DynamoDBClient", _create("dynamodb", config))


@cache
def label_table() -> DynamoDBClient:
    return cast("DynamoDBClient", _create("dynamodb", RECORDING_TABLE))


@cache
def scoring_s3() -> S3Client:
    return cast("S3Client", _create("s3", SCORING_S3))


@cache
def scoring_endpoint(budget: float) -> SageMakerRuntimeClient:
    return cast("SageMakerRuntimeClient", _create("sagemaker-runtime", endpoint_config(budget)))


@cache
def proving_endpoint() -> SageMakerRuntimeClient:
    return cast("SageMakerRuntimeClient", _create("sagemaker-runtime", PROVING_ENDPOINT))


@cache
def scoring_table() -> DynamoDBClient:
    return cast("DynamoDBClient", _create("dynamodb", SCORING_TABLE))


@cache
def recording_table() -> DynamoDBClient:
    return cast("DynamoDBClient", _create("dynamodb", RECORDING_TABLE))
