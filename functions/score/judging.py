"""Who says how likely fraud is: the endpoint, else the same trees walked here. If neither can, the schema decides."""

from __future__ import annotations

from dataclasses import dataclass

from functions.rest.problems import ProblemError
from functions.score.case import Case
from functions.score.endpoint import Endpoint, EndpointUnavailableError
from functions.score.live import LiveModel, NoTreesError
from model.contract import Contract
from model.decision import Decision, by_policy, decide


@dataclass(frozen=True)
class Judging:
    live: LiveModel
    endpoint: Endpoint

    def by_endpoint(self, name: str, case: Case, seconds: float) -> Decision:
        prediction = self.endpoint.predict(name, case.id, case.row, seconds)
        contract = case.contract
        if prediction.model != contract.model:  # replaced by one with the same features
            contract = self.contract(prediction.model)
        known = case.known(prediction.contributions)
        return decide(contract, case.id, prediction.probability, case.features, known, scored_by="endpoint")

    def without_endpoint(self, case: Case) -> Decision:
        """Gives no reasons: exact ones take a hundred times as long as the walk, and others would not be true."""
        contract = case.contract
        try:
            probability = case.walk(contract, self.live.forest(contract.model))
        except NoTreesError:
            probability = None
        if probability is None:
            return by_policy(contract.schema, case.id)
        return decide(contract, case.id, probability, case.features, None, scored_by="fallback")

    def contract(self, model: str) -> Contract:
        """Of a model that an answer names. Without it the answer means nothing."""
        try:
            return self.live.contract(model)
        except ProblemError as problem:
            raise EndpointUnavailableError(f"it answers for {model}, whose contract cannot be read") from problem
