"""What another model would have decided: kept with the decision and logged, never answered.

`config/shadow.json` names the model. It is looked for beside requests and its trees are walked here, so that callers
and the endpoint notice nothing of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws import objects
from functions.rest.problems import ProblemError
from functions.score.case import Case
from functions.score.live import LiveModel
from model.contract import Contract
from model.decision import decide
from model.forest import Forest

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

KEY = "config/shadow.json"
FRESH_FOR = 15.0  # seconds


@dataclass(frozen=True)
class Challenger:
    contract: Contract
    trees: Future[Forest]

    @property
    def is_ready(self) -> bool:
        return self.trees.done() and self.trees.exception() is None

    @property
    def has_failed(self) -> bool:
        return self.trees.done() and self.trees.exception() is not None


class Shadow:
    def __init__(
        self, s3: S3Client, bucket: str, live: LiveModel, clock: Callable[[], float], threads: Executor, logger: Logger
    ) -> None:
        self._s3, self._bucket, self._live = s3, bucket, live
        self._clock, self._threads, self._logger = clock, threads, logger
        self._challenger: Challenger | None = None
        self._etag: str | None = None
        self._look_again_at = 0.0
        self._fits: dict[tuple[str, str], bool] = {}

    def opinion(self, case: Case) -> dict[str, Any]:
        """A note for the decision; none while there is no other model, or none that reads transactions alike."""
        if self._clock() >= self._look_again_at:
            self._look_again_at = self._clock() + FRESH_FOR
            self._threads.submit(self._look)
        challenger = self._challenger
        if challenger is None or not challenger.is_ready or not self._fit(challenger.contract, case.contract):
            return {}
        contract = challenger.contract
        probability = case.walk(contract, challenger.trees.result())
        if probability is None:
            return {}
        answer = decide(contract, case.id, probability, case.features, None, scored_by="shadow").answer()
        return {"shadow": {name: answer[name] for name in ("model", "fraud_probability", "score", "outcome")}}

    def _fit(self, challenger: Contract, champion: Contract) -> bool:
        """Whether features that were computed for the champion are the challenger's, too."""
        pair = (challenger.model, champion.model)
        if pair not in self._fits:
            self._fits = {pair: challenger.model != champion.model and challenger.schema.reads_as(champion.schema)}
        return self._fits[pair]

    def _look(self) -> None:
        try:
            found = objects.find(self._s3, self._bucket, KEY)
            etag = found["ETag"] if found else None
            if etag != self._etag or (self._challenger and self._challenger.has_failed):
                self._challenger = self._read() if found else None
                self._etag = etag
        except (ClientError, BotoCoreError, ProblemError, ValueError, KeyError, TypeError) as error:
            self._logger.warning("The model in the shadow could not be read", extra={"error": str(error)[:500]})

    def _read(self) -> Challenger:
        model = str(json.loads(self._s3.get_object(Bucket=self._bucket, Key=KEY)["Body"].read())["model"])
        return Challenger(self._live.contract(model), self._live.fetch_trees(model))
