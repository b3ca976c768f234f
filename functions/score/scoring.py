"""From a payload to a kept decision: validate, compute features, ask the model, decide, write, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.rest import problems
from functions.score import decisions, recording
from functions.score.case import Case
from functions.score.deadline import Deadline
from functions.score.decisions import Decisions, Row
from functions.score.endpoint import EndpointUnavailableError, OtherFeaturesError
from functions.score.hiding import Hiding
from functions.score.judging import Judging
from functions.score.live import Live, LiveModel
from functions.score.lookup import Tables
from functions.score.recording import Event, Recorder
from functions.score.ruling import Ruled, Ruling
from functions.score.schema_in_force import SchemaInForce
from functions.score.shadow import Shadow
from model import features, history, lists, rehearsal
from model.contract import Contract
from model.decision import Decision, by_policy
from model.schema import InvalidTransaction, Schema
from model.transaction import Transaction

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

AHEAD = timedelta(days=1)  # later than this a timestamp is a mistake: it is scored, and leaves no trace in the history


@dataclass(frozen=True)
class Scoring:
    live: LiveModel
    schema: SchemaInForce
    hiding: Hiding
    tables: Tables
    judging: Judging
    decisions: Decisions
    recorder: Recorder
    ruling: Ruling
    shadow: Shadow
    retention_days: int
    deadline: Callable[[], Deadline]
    now: Callable[[], datetime]
    count: Callable[[str], None]
    measure: Callable[[Mapping[str, int]], None]
    logger: Logger

    def score(self, payload: Mapping[str, Any]) -> Row:
        live = self.live.at_hand()
        if live is None:
            return self._without_model(payload)
        case, ruled = self._decide(live, payload)
        now = self.now()
        counts = self._counts(case.event, now)
        note = recording.note(case.event, counts)
        new = self._row(ruled, case.contract.schema, case.event.transaction, case.features, note, now)
        kept = self._keep(new.with_notes(self.shadow.opinion(case)), case.event if counts else None, now)
        self.live.fetch_trees(live.model)  # once this request has its answer, for those to come
        return kept

    def _without_model(self, payload: Mapping[str, Any]) -> Row:
        """Counts nothing: nobody reads the history yet, and the first model's has to be loaded undisturbed."""
        schema, now = self.schema.read(), self.now()
        transaction = self.hiding.hide(schema, _validate(schema, payload), self.deadline().left())
        ruled = self.ruling.without_model(transaction, by_policy(schema, transaction.id))
        return self._keep(self._row(ruled, schema, transaction, {}, recording.NOT_COUNTED, now), None, now)

    def _decide(self, live: Live, payload: Mapping[str, Any]) -> tuple[Case, Ruled]:
        contract = self.live.contract(live.model)
        deadline = self.deadline()
        case = self._case(contract, payload, deadline)
        try:
            case, decision = self._ask(live, case, payload, deadline)
        except (EndpointUnavailableError, OtherFeaturesError) as error:  # the latter when the model changes twice
            self.logger.warning("The endpoint gave no answer", extra={"reason": str(error), "endpoint": live.endpoint})
            decision = self.judging.without_endpoint(case)
        return case, self.ruling.decide(case, decision, deadline.left())

    def _ask(self, live: Live, case: Case, payload: Mapping[str, Any], deadline: Deadline) -> tuple[Case, Decision]:
        try:
            return case, self.judging.by_endpoint(live.endpoint, case, deadline.left())
        except OtherFeaturesError as error:  # the model was replaced since we last looked
            case = self._case(self.judging.contract(error.model), payload, deadline)
            return case, self.judging.by_endpoint(live.endpoint, case, deadline.left())

    def _case(self, contract: Contract, payload: Mapping[str, Any], deadline: Deadline) -> Case:
        """An entity that could not be read in time counts as never seen."""
        schema = contract.schema
        transaction = self.hiding.hide(schema, _validate(schema, payload), deadline.left_for_history())
        plan = schema.history_plan
        keys = history.keys(plan, transaction)
        lookup = self.tables.begin(keys, lists.keys(schema, transaction))
        looked = self.ruling.look_for_others()
        computed = features.of_itself(schema, transaction)  # while the tables are read
        read = lookup.states(deadline.left_for_history())
        states = {field: read.get(field, history.NEVER_SEEN) for field in keys}
        event = Event(plan, transaction, keys, states, frozenset(keys.keys() - read.keys()))
        computed |= history.read(plan, transaction, states)
        return Case(contract, event, computed, lookup, looked)

    def _counts(self, event: Event, now: datetime) -> bool:
        """Whether the history is to remember the event."""
        if event.transaction.timestamp > now + AHEAD:
            self.count("TimestampAhead")
            return False
        return not rehearsal.is_test(event.transaction.id)

    def _row(
        self,
        ruled: Ruled,
        schema: Schema,
        transaction: Transaction,
        computed: Mapping[str, features.Feature],
        note: Mapping[str, Any],
        now: datetime,
    ) -> Row:
        made = decisions.row(ruled.decision, transaction, schema, computed, note, now, self.retention_days)
        return made.with_notes(ruled.notes)

    def _keep(self, new: Row, event: Event | None, now: datetime) -> Row:
        kept = self.recorder.record(new, event, now)
        if kept.values["content_hash"] != new.values["content_hash"]:
            raise problems.other_content()
        self.measure(
            {
                "TestTransaction" if "test" in kept.values else f"Outcome_{kept.values['outcome']}": 1,
                "Fallback": new.values["scored_by"] != "endpoint",
                "FailPolicy": new.values["scored_by"] == "fail_policy",
                "HistoryUnavailable": bool(new.marks()),
            }
        )
        return kept


def _validate(schema: Schema, payload: Mapping[str, Any]) -> Transaction:
    try:
        return schema.validate(payload)
    except InvalidTransaction as error:
        raise problems.invalid_field(error.field, error.message) from None
