"""What rules, lists and test ids make of the model's decision. All that must be read for it is read meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from functions.score.lookup import Listed
from functions.score.rules import RulesInForce
from model import rehearsal
from model.vocabulary import Facts

if TYPE_CHECKING:
    from functions.score.case import Case
    from model.decision import Decision
    from model.rules import Match, Rulebook, Verdict
    from model.transaction import Transaction


@dataclass(frozen=True)
class Ruled:
    decision: Decision
    notes: dict[str, Any]  # for the kept decision


@dataclass(frozen=True)
class Ruling:
    rules: RulesInForce
    threads: Executor
    count: Callable[[str], None]

    def look_for_others(self) -> Future[None] | None:
        """Begins to look whether the rules were replaced, now and then."""
        return self.threads.submit(self.rules.refresh) if self.rules.is_stale else None

    def decide(self, case: Case, decision: Decision, seconds: float) -> Ruled:
        """What could not be read in so many seconds more is decided without: by the rules known before, and as if
        nobody were on a list."""
        begun: list[Future[Any] | None] = [case.lookup.reading, case.looked]
        wait([read for read in begun if read], timeout=seconds)
        listed = case.lookup.listed()
        book = self.rules.book(case.contract)
        transaction = case.event.transaction
        facts = Facts(case.contract.schema, transaction, case.features, decision, listed.denied, listed.allowed)
        verdict = book.judge(facts)
        notes = _notes(decision, book, verdict, listed)
        is_known = {"rules": self.rules.is_known, "lists": listed.is_known}
        unreadable = [name for name, known in is_known.items() if not known]
        if unreadable:
            notes["unreadable"] = unreadable
        if rehearsal.is_test(transaction.id):
            notes["test"] = True
        self._tell(notes)
        return Ruled(replace(decision, outcome=verdict.outcome), notes)

    def without_model(self, transaction: Transaction, decision: Decision) -> Ruled:
        """Rules are written for a model's schema and score, so none applies; a test id gets what it asks for."""
        if not rehearsal.is_test(transaction.id):
            return Ruled(decision, {})
        outcome = rehearsal.forced_outcome(transaction.id) or decision.outcome
        return Ruled(replace(decision, outcome=outcome), {"test": True})

    def _tell(self, notes: Mapping[str, Any]) -> None:
        metrics = {"rule": "DecidedByRule", "rule_errors": "RuleErrors", "rules_left_out": "RulesLeftOut"}
        for note, metric in metrics.items():
            if note in notes:
                self.count(metric)
        for what in notes.get("unreadable", []):
            self.count(f"{what.capitalize()}Unreadable")


def _notes(decision: Decision, book: Rulebook, verdict: Verdict, listed: Listed) -> dict[str, Any]:
    """What there is nothing of is left out: most decisions are the model's alone."""
    notes: dict[str, Any] = {"model_outcome": decision.outcome, "rules_version": book.version}
    if verdict.fired:
        notes["rule"] = {"name": verdict.fired.rule, "values": verdict.fired.values}
    lists = {"denied": list(listed.denied), "allowed": list(listed.allowed)}
    some = {
        "shadow_rules": [_shadow(match) for match in verdict.shadows],
        "rule_errors": list(verdict.errors),
        "rules_left_out": [problem.rule for problem in book.left_out],
        "lists": {name: fields for name, fields in lists.items() if fields},
    }
    return notes | {name: value for name, value in some.items() if value}


def _shadow(match: Match) -> dict[str, Any]:
    return {"name": match.rule, "outcome": match.outcome, "values": match.values}
