"""A slider over the thresholds: what each would stop, catch and cost, from arrays in the page itself. It runs like the
plot beside it: further right more is flagged, so the arrays, whose strictest threshold is last, are read backwards."""

from __future__ import annotations

import json
from typing import Any

from model.training import plots
from model.training.report.markup import text

OUTPUTS = (
    ("caught", "of the frauds are flagged"),
    ("stopped", "of the good transactions are flagged"),
    ("alerts", "alerts a day"),
    ("precision", "of the alerts are fraud"),
)
MONEY_OUTPUTS = (
    ("saved", "in fraud is flagged"),
    ("missed", "in fraud passes"),
    ("sales", "in good sales is stopped or waits for a review"),
)
# Goes to the end of the page, where everything that it looks for is there.
SCRIPT = """
(function () {
  var data = JSON.parse(document.getElementById("thresholds").textContent);
  var range = document.getElementById("threshold"), marker = document.getElementById("marker");
  function show(id, words) { var at = document.getElementById(id); if (at) at.textContent = words; }
  function whole(value) { return Math.round(value).toLocaleString("en"); }
  function percent(digits) { return digits + "\\u00a0%"; }
  function share(part, all, digits) { return all ? percent((100 * part / all).toFixed(digits)) : "–"; }
  function update() {
    var at = data.score.length - 1 - Number(range.value);
    var fraud = data.fraud_flagged[at], legit = data.legit_flagged[at];
    show("score", data.score[at]);
    show("probability", percent((100 * data.threshold[at]).toPrecision(3)));
    show("caught", share(fraud, data.fraud, 1));
    show("stopped", share(legit, data.legit, 2));
    show("alerts", ((fraud + legit) / data.days).toLocaleString("en", { maximumFractionDigits: 1 }));
    show("precision", share(fraud, fraud + legit, 1));
    if (data.fraud_amount) {
      show("saved", whole(data.fraud_amount[at]));
      show("missed", whole(data.fraud_total - data.fraud_amount[at]));
      show("sales", whole(data.legit_amount[at]));
    }
    range.setAttribute("aria-valuetext", "score " + data.score[at]);
    if (marker) marker.setAttribute("transform", "translate(" + data.marker[at] + " 0)");
  }
  function jump(event) { range.value = event.target.getAttribute("data-at"); update(); }
  document.querySelectorAll("button[data-at]").forEach(function (button) { button.addEventListener("click", jump); });
  range.addEventListener("input", update);
  update();
})();
"""


def slider(evaluation: dict[str, Any], x: plots.Axis) -> str:
    """`x` is the axis of the plot whose marker moves along."""
    by, held_out = evaluation["curves"]["by_threshold"], evaluation["data"]["parts"]["hold_out"]
    review, block = (by["threshold"].index(evaluation["thresholds"][name]) for name in ("review", "block"))
    legit = held_out["rows"] - held_out["fraud"]
    width = plots.RIGHT - plots.LEFT
    data = by | {
        "fraud": held_out["fraud"],
        "legit": legit,
        "days": evaluation["daily"]["days"],
        "marker": [round(x.place(flagged / legit) * width, 1) for flagged in by["legit_flagged"]],
    }
    outputs = list(OUTPUTS)
    if "fraud_amount" in by:
        amounts = evaluation["at_thresholds"]["review"]["amount"]
        data["fraud_total"] = round(amounts["fraud_flagged"] + amounts["fraud_missed"], 2)
        outputs += MONEY_OUTPUTS
    shown = "".join(f'<div class="card"><output id="{name}">–</output>{words}</div>' for name, words in outputs)
    embedded = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    last = len(by["threshold"]) - 1
    return f"""<div class="slider">{text("Move the slider: the further right, the more transactions are flagged.")}
<p><label for="threshold">Flag from score <output id="score">–</output></label>
(probability <output id="probability">–</output>)</p>
<input type="range" id="threshold" min="0" max="{last}" value="{last - review}">
<button type="button" data-at="{last - review}">Review threshold in force</button>
<button type="button" data-at="{last - block}">Block threshold in force</button>
<div class="cards" aria-live="polite">{shown}</div></div>
<noscript><p>The slider needs JavaScript; the tables below show the two thresholds in force.</p></noscript>
<script type="application/json" id="thresholds">{embedded}</script>"""
