"""How far average precision moves by chance: a stratified bootstrap on counts, so that a million rows take seconds.

Average precision has no closed error that holds for few frauds. A resample draws frauds and legitimate transactions
anew, as many of each as there are. Drawn are not rows but how many fall between two levels of the ranking: each of the
first ranks is a level, further down, where precision hardly changes, levels lie a few per cent apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.training.columns import Array
from model.training.evaluation.figures import rounded

RESAMPLES = 1000
FIRST_RANKS = 100  # each a level of its own
STEP = 1.05  # from one level's rank to the next
SEED = 7
TAILS = (0.025, 0.975)


def average_precisions(label: Array, scores: Sequence[Array]) -> Array:
    """Average precision of each resample (rows) by each of the scores of the same transactions (columns), moved by what
    the levels cost in exactness."""
    levels = [_levels(score) for score in scores]
    rng = np.random.default_rng(SEED)
    frauds, legits = (_Cells.of([level[label == kind] for level in levels]) for kind in (1, 0))
    found = np.empty((RESAMPLES, len(scores)))
    for at in range(RESAMPLES):
        found[at] = _by_levels(frauds, legits, frauds.draw(rng), legits.draw(rng))
    exact = np.array([exactly(label, score) for score in scores])
    moved: Array = np.clip(found + (exact - _by_levels(frauds, legits, frauds.rows, legits.rows)), 0, 1)
    return moved


def exactly(label: Array, score: Array) -> float:
    """As scikit-learn's average_precision_score."""
    order = np.argsort(-score, kind="stable")
    ranked, fraud = score[order], label[order] == 1
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    caught = np.cumsum(fraud)[last]
    return float((np.diff(caught, prepend=0) * caught / (last + 1)).sum() / caught[-1])


def interval(values: Array) -> dict[str, float]:
    """What 95 % of the resamples lie between."""
    low, high = np.quantile(values, TAILS)
    return {"level": 0.95, "low": rounded(low), "high": rounded(high)}


class _Cells:
    """Transactions of one kind by the levels that they have in each ranking."""

    def __init__(self, of_cell: Array, rows: Array) -> None:
        self.of_cell, self.rows = of_cell, rows
        self._shares = rows / rows.sum()

    @classmethod
    def of(cls, levels: list[Array]) -> _Cells:
        cells, rows = np.unique(np.stack(levels), axis=1, return_counts=True)
        return cls(cells, rows)

    def draw(self, rng: np.random.Generator) -> Array:
        drawn: Array = rng.multinomial(self.rows.sum(), self._shares)
        return drawn


def _by_levels(frauds: _Cells, legits: _Cells, of_fraud: Array, of_legit: Array) -> list[float]:
    found = []
    for fraud_level, legit_level in zip(frauds.of_cell, legits.of_cell, strict=True):
        most = int(max(fraud_level.max(), legit_level.max())) + 1
        caught_here = np.bincount(fraud_level, of_fraud, most)
        caught = np.cumsum(caught_here)
        flagged = caught + np.cumsum(np.bincount(legit_level, of_legit, most))
        found.append(float((caught_here * caught / np.maximum(flagged, 1)).sum() / caught[-1]))
    return found


def _levels(score: Array) -> Array:
    """The level of each transaction, 0 for the highest score; equal scores share one."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    steps = np.unique(np.geomspace(FIRST_RANKS, max(len(score), FIRST_RANKS + 1), _steps(len(score))).astype(np.int64))
    bounds = np.append(np.arange(FIRST_RANKS), steps)
    of_run = np.searchsorted(bounds, starts, side="right")
    run = np.cumsum(np.append(0, ranked[1:] != ranked[:-1]))
    level = np.empty(len(score), dtype=np.int64)
    level[order] = of_run[run]
    return level


def _steps(rows: int) -> int:
    return int(np.log(max(rows, FIRST_RANKS + 1) / FIRST_RANKS) / np.log(STEP)) + 2
