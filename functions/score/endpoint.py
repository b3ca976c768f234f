"""Asks the SageMaker endpoint for a probability while there is time, and tells apart why there may be none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from functions.aws import errors
from functions.score.breaker import Breaker

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

Row = Mapping[str, float | str | None]


class EndpointUnavailableError(Exception):
    """The endpoint gave no usable answer; the message says why, for the log."""


class OtherFeaturesError(Exception):
    """The endpoint serves a model that wants other features than we computed."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model


@dataclass(frozen=True)
class Prediction:
    model: str
    probability: float
    contributions: dict[str, float] | None


@dataclass(frozen=True)
class Endpoint:
    """Waited for in a thread of its own: no setting of a client says how long a call may take as a whole."""

    runtime: SageMakerRuntimeClient
    breaker: Breaker
    threads: Executor
    count: Callable[[str], None]

    def predict(self, name: str, transaction_id: str, row: Row, seconds: float) -> Prediction:
        if seconds <= 0:
            raise EndpointUnavailableError("no time was left to ask it")
        if not self.breaker.lets_through():
            raise EndpointUnavailableError("not asked, because it failed again and again")
        asked = self.threads.submit(predict, self.runtime, name, transaction_id, row)
        try:
            prediction = asked.result(seconds)
        except (EndpointUnavailableError, TimeoutError) as error:
            self.count("EndpointUnavailable")
            if self.breaker.on_failure():
                self.count("EndpointGivenUp")
            raise EndpointUnavailableError(str(error) or "no answer in time") from error
        except OtherFeaturesError:
            self.breaker.on_success()
            raise
        self.breaker.on_success()
        return prediction


def request(endpoint: str, transaction_id: str, row: Row) -> dict[str, Any]:
    document = {"features": list(row), "rows": [list(row.values())], "explain": "flagged"}
    return {
        "EndpointName": endpoint,
        "ContentType": "application/json",
        "Accept": "application/json",
        "InferenceId": transaction_id,  # up to 64 printable characters, as the schema's rule for ids has it
        "Body": json.dumps(document, allow_nan=False).encode(),
    }


def predict(runtime: SageMakerRuntimeClient, endpoint: str, transaction_id: str, row: Row) -> Prediction:
    try:
        body = _ask(runtime, request(endpoint, transaction_id, row))
    except ClientError as error:
        _raise_if_other_features(error)
        status = error.response.get("OriginalStatusCode", "")
        raise EndpointUnavailableError(f"{errors.code(error)} {status}".strip()) from error
    except BotoCoreError as error:
        raise EndpointUnavailableError(type(error).__name__) from error
    return _prediction(body)


def _ask(runtime: SageMakerRuntimeClient, asking: dict[str, Any]) -> bytes:
    try:
        return runtime.invoke_endpoint(**asking)["Body"].read()
    except ConnectionClosedError:  # while it lay idle: no sign of ill health
        return runtime.invoke_endpoint(**asking)["Body"].read()


def _raise_if_other_features(error: ClientError) -> None:
    """The container's 422 comes as a ModelError with the container's own answer inside."""
    if errors.code(error) != "ModelError" or error.response.get("OriginalStatusCode") != 422:
        return
    try:
        answer = json.loads(str(error.response.get("OriginalMessage", "")))
        model, code = str(answer["model"]), answer["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return
    if code == "features_differ":
        raise OtherFeaturesError(model) from error


def _prediction(body: bytes) -> Prediction:
    try:
        answer = json.loads(body)
        first = answer["predictions"][0]
        prediction = Prediction(str(answer["model"]), float(first["fraud_probability"]), first.get("contributions"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise EndpointUnavailableError(f"an answer that is none: {type(error).__name__}") from error
    if not 0 <= prediction.probability <= 1:
        raise EndpointUnavailableError("an answer that is no probability")
    return prediction
