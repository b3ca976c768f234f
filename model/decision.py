"""A decision about one transaction: score, outcome and reasons that a customer-service agent can read out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.contract import Contract
from model.features import Feature
from model.reasons import Reason, explain
from model.schema import Schema


@dataclass(frozen=True)
class Decision:
    transaction_id: str
    fraud_probability: float | None  # None, as score and model: no model was asked
    score: int | None
    outcome: str
    reasons: tuple[Reason, ...]
    model: str | None
    scored_by: str

    def answer(self) -> dict[str, Any]:
        reasons = [
            {"feature": reason.feature, "value": reason.value, "contribution": reason.contribution, "text": reason.text}
            for reason in self.reasons
        ]
        return {
            "transaction_id": self.transaction_id,
            "fraud_probability": self.fraud_probability,
            "score": self.score,
            "outcome": self.outcome,
            "reasons": reasons,
            "model": self.model,
            "scored_by": self.scored_by,
        }


def decide(
    contract: Contract,
    transaction_id: str,
    probability: float,
    features: Mapping[str, Feature],
    contributions: Mapping[str, float] | None,
    scored_by: str,
) -> Decision:
    return Decision(
        transaction_id=transaction_id,
        fraud_probability=round(probability, 9),
        score=contract.probability_to_score(probability),
        outcome=contract.outcome(probability),
        reasons=explain(contract.schema, features, contributions or {}),
        model=contract.model,
        scored_by=scored_by,
    )


def by_policy(schema: Schema, transaction_id: str) -> Decision:
    """What the schema says is done while no model can be asked."""
    return Decision(transaction_id, None, None, schema.fail_policy, (), None, "fail_policy")
