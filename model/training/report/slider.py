"""Two sliders, from where on to review and from where on to block, and what each choice would stop, catch and cost.
They run like the plot beside them: further right more is flagged, so the arrays, whose strictest threshold is last, are
read backwards."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from model.training import plots
from model.training.report.markup import text

OUTPUTS = (
    ("caught", "of the frauds are stopped: reviewed or blocked"),
    ("blocked", "of the frauds are blocked at once"),
    ("refused", "of the good transactions are blocked"),
    ("waiting", "of the good transactions wait for a review"),
    ("alerts", "reviews a day"),
    ("precision", "of what is reviewed is fraud"),
)
MONEY_OUTPUTS = (
    ("saved", "in fraud is stopped"),
    ("missed", "in fraud passes"),
    ("sales", "in good sales is blocked"),
)
COST_OUTPUTS = (
    ("cost", "is what these decisions cost on the hold-out"),
    ("parts", "for missed fraud, reviews, lost customers"),
)
PRICES = (
    ("review", "one review"),
    ("good_customer_blocked", "blocking a good customer"),
    ("missed_fraud", "a missed fraud"),
)


def slider(evaluation: dict[str, Any], x: plots.Axis) -> str:
    """`x` is the axis of the plot whose markers move along."""
    data = _data(evaluation, x)
    last, (review, block) = len(data["threshold"]) - 1, data["in_force"]
    outputs = OUTPUTS + (MONEY_OUTPUTS if "fraud_amount" in data else ()) + COST_OUTPUTS
    shown = "".join(f'<div class="card"><output id="{name}">–</output>{words}</div>' for name, words in outputs)
    embedded = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    fraud_costs = " its amount unless you give a number" if "fraud_amount" in data else ""
    words = (
        "From the first threshold on people look at a transaction, from the second on it is refused. The further "
        "right, the more transactions are stopped. With your prices the page also tells what that costs: a review "
        f"finds out the truth, a good customer who is blocked costs, and a fraud that passes costs{fraud_costs}."
    )
    return f"""<div class="slider">{text(words)}
{_range("review", "Review", last, last - review)}
{_range("block", "Block", last, last - block)}
<p class="prices">{_prices(evaluation, "its amount" if "fraud_amount" in data else "")}</p>
<button type="button" id="in-force">Thresholds in force</button>
<button type="button" id="cheapest">Where it costs least</button>
<div class="cards" aria-live="polite">{shown}</div></div>
<noscript><p>The sliders need JavaScript; the tables below show the two thresholds in force.</p></noscript>
<script type="application/json" id="thresholds">{embedded}</script>"""


def _data(evaluation: dict[str, Any], x: plots.Axis) -> dict[str, Any]:
    by, held_out = evaluation["curves"]["by_threshold"], evaluation["data"]["parts"]["hold_out"]
    legit = held_out["rows"] - held_out["fraud"]
    width = plots.RIGHT - plots.LEFT
    data: dict[str, Any] = by | {
        "fraud": held_out["fraud"],
        "legit": legit,
        "days": evaluation["daily"]["days"],
        "in_force": [by["threshold"].index(evaluation["thresholds"][name]) for name in ("review", "block")],
        "marker": [round(x.place(flagged / legit) * width, 1) for flagged in by["legit_flagged"]],
    }
    if "fraud_amount" in by:
        amounts = evaluation["at_thresholds"]["review"]["amount"]
        data["fraud_total"] = round(amounts["fraud_flagged"] + amounts["fraud_missed"], 2)
        data["loss_total"] = evaluation["curves"]["fraud_loss"]
    return data


def _range(name: str, verb: str, last: int, value: int) -> str:
    return (
        f'<p><label for="{name}">{verb} from score <output id="{name}-score">–</output></label> '
        f'(probability <output id="{name}-probability">–</output>)</p>\n'
        f'<input type="range" id="{name}" min="0" max="{last}" value="{value}">'
    )


def _prices(evaluation: dict[str, Any], unless_given: str) -> str:
    """Filled in with the schema's costs."""
    known = evaluation.get("costs", {}).get("prices", {})
    fields = []
    for name, words in PRICES:
        value = known.get(name, "")
        shown = "" if isinstance(value, str) else f"{value:g}"
        fields.append(
            f'<label>{escape(words)} <input type="number" id="price-{name}" min="0" step="any" inputmode="decimal" '
            f'value="{shown}"{f' placeholder="{unless_given}"' if name == "missed_fraud" else ""}></label>'
        )
    return "Costs of " + " ".join(fields)
