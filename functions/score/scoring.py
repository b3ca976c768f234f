"""From a payload to a kept decision: validate, compute features, ask the endpoint, decide, write, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.rest import problems
from functions.score import decisions, endpoint, recording
from functions.score.decisions import Decisions, Row
from functions.score.endpoint import EndpointUnavailableError, OtherFeaturesError, Prediction
from functions.score.entities import Entities
from functions.score.live import Live, LiveModel
from functions.score.recording import Event, Recorder
from functions.score.ruling import Ruling
from model import features, history, rehearsal
from model.contract import Contract
from model.decision import decide
from model.schema import InvalidTransaction
from model.transaction import Transaction

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

AHEAD = timedelta(days=1)  # later than this a timestamp is a mistake: it is scored, and leaves no trace in the history


@dataclass(frozen=True)
class Scoring:
    live: LiveModel
    runtime: SageMakerRuntimeClient
    entities: Entities
    decisions: Decisions
    recorder: Recorder
    ruling: Ruling
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
            new, event = self._decide(live, contract, payload, transaction)
        except (EndpointUnavailableError, OtherFeaturesError) as error:  # the latter when the model changes twice
            self.logger.warning("The endpoint gave no answer", extra={"reason": str(error), "endpoint": live.endpoint})
            self.count("EndpointUnavailable")
            return self._known(contract, transaction)
        kept = self.recorder.record(new, event, self.now())
        if kept.values["content_hash"] != new.values["content_hash"]:
            raise problems.other_content()
        self.count("TestTransaction" if "test" in kept.values else f"Outcome_{kept.values['outcome']}")
        return kept

    def _decide(
        self, live: Live, contract: Contract, payload: Mapping[str, Any], transaction: Transaction
    ) -> tuple[Row, Event | None]:
        pending = self.ruling.begin(contract, transaction)
        try:
            event, computed, prediction = self._predict(live, contract, transaction)
        except OtherFeaturesError as error:  # the model was replaced since we last looked
            contract = self.live.contract(error.model)
            transaction = _validate(contract, payload)
            pending = self.ruling.begin(contract, transaction)
            event, computed, prediction = self._predict(live, contract, transaction)
        if prediction.model != contract.model:  # replaced by one with the same features
            contract = self.live.contract(prediction.model)
        decision = decide(
            contract, transaction.id, prediction.probability, computed, prediction.contributions, scored_by="endpoint"
        )
        ruled = self.ruling.decide(pending, contract, transaction, computed, decision)
        now = self.now()
        observed = self._observed(event, now)
        note = recording.note(observed)
        timestamp = contract.schema.timestamp
        new = decisions.row(ruled.decision, transaction, timestamp, computed, note, now, self.retention_days)
        return new.with_notes(ruled.notes), observed

    def _observed(self, event: Event, now: datetime) -> Event | None:
        """What the history is to remember of the event."""
        if rehearsal.is_test(event.transaction.id):
            return None
        if event.transaction.timestamp > now + AHEAD:
            self.count("TimestampAhead")
            return None
        return event

    def _predict(
        self, live: Live, contract: Contract, transaction: Transaction
    ) -> tuple[Event, dict[str, features.Feature], Prediction]:
        plan = contract.schema.history_plan
        keys = history.keys(plan, transaction)
        event = Event(plan, transaction, keys, self.entities.states(keys))
        computed = features.compute(contract.schema, transaction, event.states)
        # A model goes on serving when this code has learned to compute more than it was trained on.
        row = {name: computed[name] for name in contract.features if name in computed}
        return event, computed, endpoint.predict(self.runtime, live.endpoint, transaction.id, row)

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
