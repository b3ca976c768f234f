"""From a payload to a kept decision: validate, compute features, ask the endpoint, decide, write, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.rest import problems
from functions.score import decisions, endpoint
from functions.score.decisions import Decisions, Row
from functions.score.endpoint import EndpointUnavailableError, OtherFeaturesError, Prediction
from functions.score.live import Live, LiveModel
from model import features
from model.contract import Contract
from model.decision import decide
from model.schema import InvalidTransaction
from model.transaction import Transaction

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient


@dataclass(frozen=True)
class Scoring:
    live: LiveModel
    runtime: SageMakerRuntimeClient
    decisions: Decisions
    retention_days: int
    now: Callable[[], datetime]
    count: Callable[[str], None]
    logger: Logger

    def score(self, payload: Mapping[str, Any]) -> Row:
        live = self.live.current()
        if live is None:
            raise problems.no_model()
        contract = self.live.contract(live.model)
        transaction = _validate(contract, payload)
        try:
            new = self._decide(live, contract, payload, transaction)
        except (EndpointUnavailableError, OtherFeaturesError) as error:  # the latter when the model changes twice
            self.logger.warning("The endpoint gave no answer", extra={"reason": str(error), "endpoint": live.endpoint})
            self.count("EndpointUnavailable")
            return self._known(contract, transaction)
        kept = self.decisions.record(new)
        if kept.values["content_hash"] != new.values["content_hash"]:
            raise problems.other_content()
        self.count(f"Outcome_{kept.values['outcome']}")
        return kept

    def _decide(self, live: Live, contract: Contract, payload: Mapping[str, Any], transaction: Transaction) -> Row:
        try:
            row, prediction = self._predict(live, contract, transaction)
        except OtherFeaturesError as error:  # the model was replaced since we last looked
            contract = self.live.contract(error.model)
            transaction = _validate(contract, payload)
            row, prediction = self._predict(live, contract, transaction)
        if prediction.model != contract.model:  # replaced by one with the same features
            contract = self.live.contract(prediction.model)
        decision = decide(
            contract, transaction.id, prediction.probability, row, prediction.contributions, scored_by="endpoint"
        )
        return decisions.row(decision, transaction, contract.schema.timestamp, row, self.now(), self.retention_days)

    def _predict(
        self, live: Live, contract: Contract, transaction: Transaction
    ) -> tuple[dict[str, features.Feature], Prediction]:
        computed = features.compute(contract.schema, transaction)
        # A model goes on serving when this code has learned to compute more than it was trained on.
        row = {name: computed[name] for name in contract.features if name in computed}
        return row, endpoint.predict(self.runtime, live.endpoint, transaction.id, row)

    def _known(self, contract: Contract, transaction: Transaction) -> Row:
        """Without the endpoint nothing new can be decided, but what was decided before still holds."""
        known = self.decisions.find(transaction.id)
        if known is None:
            raise problems.unavailable("endpoint")
        content = decisions.content_of(transaction, contract.schema.timestamp)
        if known.values["content_hash"] != decisions.content_hash(content):
            raise problems.other_content()
        return known


def _validate(contract: Contract, payload: Mapping[str, Any]) -> Transaction:
    try:
        return contract.schema.validate(payload)
    except InvalidTransaction as error:
        raise problems.invalid_field(error.field, error.message) from None
