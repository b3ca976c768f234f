"""The model that serves, its contract and its trees, as `deploy` left them in the bucket."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import objects
from functions.rest import problems
from functions.rest.problems import ProblemError
from model.contract import Contract, ContractError
from model.forest import Forest, ForestError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

KEY = "config/live.json"
FRESH_FOR = 15.0  # seconds; the endpoint's answers name the model, so a change is seen sooner
NO_MODEL_FOR = 2.0  # the first model is awaited
MOST_MODELS = 4  # kept in memory; the trees of a usual one take some megabytes


@dataclass(frozen=True)
class Live:
    model: str
    endpoint: str
    since: str
    metrics: dict[str, Any] = field(default_factory=dict)
    trained_on: dict[str, Any] | None = None  # which transactions, as evaluation.json tells: rows, fraud, from, to
    judged_on: dict[str, Any] | None = None


class NoTreesError(Exception):
    """The trees of the model cannot be had."""


class LiveModel:
    """Looks again from time to time; when the bucket cannot be read, what was known before holds. Threads that ask at
    the same moment read the same twice."""

    def __init__(
        self, s3: S3Client, bucket: str, clock: Callable[[], float], threads: Executor, logger: Logger
    ) -> None:
        self._s3, self._bucket, self._clock, self._threads, self._logger = s3, bucket, clock, threads, logger
        self._live: Live | None = None
        self._etag: str | None = None
        self._look_again_at = 0.0
        self._contracts: dict[str, Contract] = {}
        self._forests: dict[str, Future[Forest]] = {}

    def current(self) -> Live | None:
        if self._is_stale():
            self._look()
        return self._live

    def at_hand(self) -> Live | None:
        """For those who cannot wait: the bucket is asked beside the request, which goes on with what is known."""
        if self._live is None:
            return self.current()
        if self._is_stale():
            self._look_again_at = self._clock() + FRESH_FOR
            self._threads.submit(self._look)
            self._forests = {model: trees for model, trees in self._forests.items() if not _failed(trees)}
        return self._live

    def contract(self, model: str) -> Contract:
        """A model's contract never changes, so it is read once."""
        found = self._contracts.get(model)
        if found is None:
            try:
                found = Contract.from_json(self._read(f"runs/{model}/contract.json"))
            except (ClientError, BotoCoreError, ContractError) as error:
                self._logger.exception("The contract could not be read", extra={"model": model})
                raise problems.unavailable("model's contract") from error
            self._contracts = _with(self._contracts, model, found)
        return found

    def fetch_trees(self, model: str) -> Future[Forest]:
        """Begins to read them, unless that was done a while ago."""
        found = self._forests.get(model)
        if found is None:
            found = self._threads.submit(self._read_trees, model)
            self._forests = _with(self._forests, model, found)
        return found

    def forest(self, model: str) -> Forest:
        return self.fetch_trees(model).result()

    def _is_stale(self) -> bool:
        return self._clock() >= self._look_again_at

    def _look(self) -> None:
        """A new model counts as live when its contract is known, too."""
        try:
            found = objects.find(self._s3, self._bucket, KEY)
            etag = found["ETag"] if found else None
            if etag != self._etag:
                live = _parse(self._read(KEY)) if etag is not None else None
                if live is not None:
                    self.contract(live.model)
                self._live, self._etag = live, etag
        except (ClientError, BotoCoreError, ProblemError, ValueError, KeyError, TypeError) as error:
            if self._live is None:
                raise problems.unavailable("model's description") from error
            self._logger.warning("The live model could not be read; the known one holds", extra={"error": str(error)})
        self._look_again_at = self._clock() + (FRESH_FOR if self._live else NO_MODEL_FOR)

    def _read_trees(self, model: str) -> Forest:
        try:
            return Forest.from_json(gzip.decompress(self._read(f"runs/{model}/trees.json.gz")))
        except (ClientError, BotoCoreError, OSError, EOFError, zlib.error, ForestError) as error:
            self._logger.warning("The trees could not be read", extra={"model": model, "error": str(error)})
            raise NoTreesError(model) from error

    def _read(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()


def _failed(trees: Future[Forest]) -> bool:
    return trees.done() and trees.exception() is not None


def _with[T](kept: dict[str, T], model: str, found: T) -> dict[str, T]:
    """The oldest make room. Another dict, for a thread may read the one that there is."""
    return dict(list(kept.items())[1 - MOST_MODELS :]) | {model: found}


def _parse(body: bytes) -> Live:
    document = json.loads(body)
    told = {name: document[name] for name in ("metrics", "trained_on", "judged_on") if name in document}
    return Live(document["model"], document["endpoint"], document["since"], **told)
