"""What GET /model tells: which model serves, what it was trained on, how good it is and where it draws its lines."""

from __future__ import annotations

from typing import Any

from functions.score.live import Live
from model.contract import Contract


def describe(live: Live, contract: Contract) -> dict[str, Any]:
    return {
        "model": live.model,
        "since": live.since,
        "endpoint": live.endpoint,
        "trained_until": contract.trained_until or None,
        "trained_on": live.trained_on,
        "judged_on": live.judged_on,
        "metrics": live.metrics,
        "thresholds": {"review": contract.review_from, "block": contract.block_from},
        "features": list(contract.features),
    }
