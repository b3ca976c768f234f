"""What a probability means, read off the hold-out: the thresholds and the map to scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.schema import Thresholds
from model.training.columns import Array
from model.training.evaluation.costs import Prices, cheapest

# Share of legitimate transactions that score as high → score. 900 and 600 are Amazon Fraud Detector's scale.
KNOTS = (
    (0.8, 100),
    (0.5, 250),
    (0.3, 400),
    (0.2, 500),
    (0.1, 600),
    (0.07, 700),
    (0.05, 780),
    (0.02, 900),
    (0.01, 940),
    (0.005, 960),
    (0.002, 980),
    (0.001, 990),
)


@dataclass(frozen=True)
class Calibration:
    review_from: float
    block_from: float
    score_map: tuple[tuple[float, int], ...]


def calibrate(label: Array, probability: Array, thresholds: Thresholds, prices: Prices | None = None) -> Calibration:
    """The thresholds of the lowest cost where there are prices, else those that hold the budgets of false positives."""
    legit = np.sort(probability[label == 0])
    review, block = cheapest(label, probability, prices) if prices else by_budget(legit, thresholds)
    score_of = {0.0: 0}
    for share, score in KNOTS:
        score_of[threshold(legit, share)] = score  # equal probabilities: the later, higher score is the true one
    score_of[1.0] = 1000
    return Calibration(review, block, tuple(sorted(score_of.items())))


def by_budget(legit: Array, thresholds: Thresholds) -> tuple[float, float]:
    review = threshold(legit, thresholds.review)
    return review, max(review, threshold(legit, thresholds.block))


def threshold(legit: Array, share: float) -> float:
    """The lowest probability that at most this share of the (sorted) legitimate transactions reaches."""
    allowed = int(len(legit) * share)
    if allowed >= len(legit):
        return 0.0
    highest_refused = float(legit[len(legit) - allowed - 1])
    above = legit[legit > highest_refused]
    upper = float(above[0]) if len(above) else 1.0
    return (highest_refused + upper) / 2
