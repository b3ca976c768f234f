"""The first screen: what the model would do for those who lose the money, and what to keep an eye on."""

from __future__ import annotations

from html import escape
from typing import Any

from model.training.report import comparison, markup, watch
from model.training.report.markup import money, percent


def headline(evaluation: dict[str, Any]) -> str:
    review, held_out = evaluation["at_thresholds"]["review"], evaluation["data"]["parts"]["hold_out"]
    figures = [
        (percent(review["recall"]), "of all frauds are flagged for review or blocked"),
        (percent(review["false_positive_rate"], 2), "of good transactions are flagged with them"),
        (percent(review["precision"]), "of what is flagged is fraud"),
    ]
    worth = review.get("amount")
    if worth:
        lost = worth["fraud_flagged"] + worth["fraud_missed"]
        words = f"of the money in fraud is flagged: {money(worth['fraud_flagged'])} of {money(lost)}"
        figures.insert(1, (percent(worth["share_of_fraud_caught"]), words))
    ranking = evaluation["ranking"]
    interval = ranking["roc_auc_interval"]
    area, low, high = (f"{100 * value:.1f}" for value in (ranking["roc_auc"], interval["low"], interval["high"]))
    period = f"{held_out['from'][:10]} to {held_out['to'][:10]}"
    return "\n".join(
        (
            f"<h1>How well does model {escape(evaluation['model'])} find fraud?</h1>",
            markup.text(
                f"Tried on {held_out['rows']:,} transactions of {period}, {held_out['fraud']:,} of them fraud, "
                "which are later than all it has learned from. At the review threshold in force:",
                "lead",
            ),
            markup.cards(figures),
            markup.text(
                f"Shown one fraud and one good transaction, the model gives the fraud the higher score {area} times in "
                f"100 (chance alone allows {low} to {high}; guessing gets 50)."
            ),
            _against_the_one_that_serves(evaluation),
            _bill(evaluation),
            _watch(evaluation),
        )
    )


def _against_the_one_that_serves(evaluation: dict[str, Any]) -> str:
    verdict = comparison.verdict(evaluation)
    return markup.text(verdict) if verdict else ""


def _bill(evaluation: dict[str, Any]) -> str:
    costs = evaluation.get("costs")
    if not costs:
        return ""
    now, before = costs["at_thresholds"]["total"], costs["without_model"]["total"]
    return markup.text(
        f"By the schema's prices these decisions cost {money(now)} on the hold-out; had every transaction passed, its "
        f"frauds would have cost {money(before)}."
    )


def _watch(evaluation: dict[str, Any]) -> str:
    found = watch.warnings(evaluation)
    return "<h3>Keep an eye on</h3>" + markup.items(found) if found else ""
