"""Which features may move the risk one way only: where the opposite would be chance that the trees took for a rule."""

from __future__ import annotations

from model.windows import Plan


def directions(plan: Plan) -> dict[str, int]:
    """Fraud that was just found never speaks for an entity. Risk over longer windows stays free: what was misused for
    weeks may well be over, as on a card that has been replaced since."""
    newest = plan.risks[0].text if plan.risks else None
    return {feature.name: 1 for feature in plan.features if feature.kind == "risk" and feature.window == newest}
