"""A transaction with all that was computed for it, by the contract of one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.score.recording import Event
from model.contract import Contract
from model.features import Feature
from model.forest import Forest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from functions.score.lookup import Lookup


@dataclass(frozen=True)
class Case:
    contract: Contract
    event: Event
    features: Mapping[str, Feature]
    lookup: Lookup
    looked: Future[None] | None = None  # for other rules than those known

    @property
    def id(self) -> str:
        return self.event.transaction.id

    @property
    def row(self) -> dict[str, Feature]:
        """What the model is asked with. It goes on serving when this code has learned to compute more than it was
        trained on."""
        return self._row(self.contract)

    def walk(self, contract: Contract, forest: Forest) -> float | None:
        """The probability by a model's own trees, walked here. None if it was made by a later version, of whose
        features this code does not compute all."""
        row = self._row(contract)
        if forest.features != tuple(row):
            return None
        return contract.calibrate(forest.log_odds(contract.encode(row)))

    def _row(self, contract: Contract) -> dict[str, Feature]:
        return {name: self.features[name] for name in contract.features if name in self.features}

    def known(self, contributions: Mapping[str, float] | None) -> dict[str, float]:
        """Without those of features whose history was not read: a reason must be a fact."""
        unread = self.event.plan.about(self.event.unread)
        return {name: value for name, value in (contributions or {}).items() if name not in unread}
