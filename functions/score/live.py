"""The model that serves and its contract, as `deploy` left them in the bucket."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Any, Concatenate

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import objects
from functions.rest import problems
from model.contract import Contract, ContractError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

KEY = "config/live.json"
FRESH_FOR = 15.0  # seconds; the endpoint's answers name the model, so a change is seen sooner
NO_MODEL_FOR = 2.0  # the first model is awaited
MOST_CONTRACTS = 4


@dataclass(frozen=True)
class Live:
    model: str
    endpoint: str
    since: str
    metrics: dict[str, Any] = field(default_factory=dict)
    trained_on: dict[str, Any] | None = None  # which transactions, as evaluation.json tells: rows, fraud, from, to
    judged_on: dict[str, Any] | None = None


def one_at_a_time[**P, R](
    method: Callable[Concatenate[LiveModel, P], R],
) -> Callable[Concatenate[LiveModel, P], R]:
    """The transactions of a batch ask at the same moment, and what was read is kept for all of them."""

    @wraps(method)
    def locked(self: LiveModel, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


class LiveModel:
    """Looks again from time to time; when the bucket cannot be read, what was known before holds."""

    def __init__(self, s3: S3Client, bucket: str, clock: Callable[[], float], logger: Logger) -> None:
        self._s3, self._bucket, self._clock, self._logger = s3, bucket, clock, logger
        self._live: Live | None = None
        self._etag: str | None = None
        self._look_again_at = 0.0
        self._contracts: dict[str, Contract] = {}
        self.lock = RLock()

    @one_at_a_time
    def current(self) -> Live | None:
        if self._clock() >= self._look_again_at:
            self._look()
        return self._live

    @one_at_a_time
    def contract(self, model: str) -> Contract:
        """A model's contract never changes, so it is read once."""
        found = self._contracts.get(model)
        if found is None:
            try:
                found = Contract.from_json(self._read(f"runs/{model}/contract.json"))
            except (ClientError, BotoCoreError, ContractError) as error:
                self._logger.exception("The contract could not be read", extra={"model": model})
                raise problems.unavailable("model's contract") from error
            while len(self._contracts) >= MOST_CONTRACTS:
                del self._contracts[next(iter(self._contracts))]
            self._contracts[model] = found
        return found

    def _look(self) -> None:
        try:
            found = objects.find(self._s3, self._bucket, KEY)
            etag = found["ETag"] if found else None
            if etag != self._etag:
                self._live = _parse(self._read(KEY)) if etag is not None else None
                self._etag = etag
        except (ClientError, BotoCoreError, ValueError, KeyError) as error:
            if self._live is None:
                raise problems.unavailable("model's description") from error
            self._logger.warning("The live model could not be read; the known one holds", extra={"error": str(error)})
        self._look_again_at = self._clock() + (FRESH_FOR if self._live else NO_MODEL_FOR)

    def _read(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()


def _parse(body: bytes) -> Live:
    document = json.loads(body)
    told = {name: document[name] for name in ("metrics", "trained_on", "judged_on") if name in document}
    return Live(document["model"], document["endpoint"], document["since"], **told)
