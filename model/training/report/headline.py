"""The first screen: what the model would do for those who lose the money, and what to keep an eye on."""

from __future__ import annotations

from html import escape
from typing import Any

from model.training.report import markup
from model.training.report.markup import money, percent

FEW_FRAUDS = 100
LARGE_DRIFT = 0.25
WEAK_RECALL = 0.5  # of the whole hold-out's
FEWEST_TO_CALL_WEAK = 20  # frauds in a segment


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
            _watch(evaluation),
        )
    )


def _watch(evaluation: dict[str, Any]) -> str:
    found = warnings(evaluation)
    return "<h3>Keep an eye on</h3>" + markup.items(found) if found else ""


def warnings(evaluation: dict[str, Any]) -> list[str]:
    """What makes the figures doubtful, or the model weaker for some than for others."""
    found = []
    frauds = evaluation["data"]["parts"]["hold_out"]["fraud"]
    if frauds < FEW_FRAUDS:
        found.append(f"Only {frauds} frauds were there to be found: all figures can move a lot by chance.")
    moved = [name for name, index in evaluation["drift"].items() if index > LARGE_DRIFT]
    if moved:
        more = f" and {len(moved) - 5} more" if len(moved) > 5 else ""
        found.append(f"Changed much since the model's learning period: {', '.join(moved[:5])}{more} (see Drift).")
    recall = evaluation["at_thresholds"]["review"]["recall"]
    weak = [
        f"{part['field']} {part['part']} ({percent(part['recall'])} of {part['fraud']:,})"
        for part in evaluation["segments"]
        if part["fraud"] >= FEWEST_TO_CALL_WEAK and part["recall"] < WEAK_RECALL * recall
    ]
    if weak:
        more = f" and {len(weak) - 5} more" if len(weak) > 5 else ""
        found.append(f"Fraud is found much less often in: {'; '.join(weak[:5])}{more} (see Segments).")
    rows = evaluation["data"]["rows"]
    if rows["rejected"]:
        found.append(f"{rows['rejected']:,} rows of the files could not be used (see Data).")
    return found
