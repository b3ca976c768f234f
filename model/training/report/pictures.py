"""The report's plots, from the curves in the evaluation."""

from __future__ import annotations

from typing import Any

from model.training import plots
from model.training.evaluation.curves import BAND
from model.training.plots import Axis, Line
from model.training.report.markup import figure, money, percent


def pictures(evaluation: dict[str, Any]) -> list[str]:
    return [_scores(evaluation), _roc(evaluation), _precision_recall(evaluation), _calibration(evaluation)]


def stopped_axis(evaluation: dict[str, Any]) -> Axis:
    """The share of good transactions flagged, on which the slider's thresholds are spread evenly."""
    rows = evaluation["data"]["parts"]["hold_out"]
    return plots.powers("good transactions flagged", max(1e-4, 0.5 / (rows["rows"] - rows["fraud"])), 1.0)


def by_threshold(evaluation: dict[str, Any]) -> str:
    """What each threshold catches and costs; its marker is moved by the slider."""
    by, rows = evaluation["curves"]["by_threshold"], evaluation["data"]["parts"]["hold_out"]
    legit = rows["rows"] - rows["fraud"]
    caught, stopped, fraud, good = by["fraud_flagged"], by["legit_flagged"], rows["fraud"], legit
    title, names = "What a threshold catches and stops", ("fraud caught", "good transactions flagged")
    words = "Shares of all fraud and of all good transactions in the hold-out."
    amounts = evaluation["at_thresholds"]["review"].get("amount")
    if amounts:
        fraud, good = (amounts[f"{kind[0]}_flagged"] + amounts[f"{kind[0]}_{kind[1]}"] for kind in _KINDS)
        caught, stopped = by["fraud_amount"], by["legit_amount"]
        title, names = "Money by threshold", ("money in fraud caught", "good sales stopped")
        words = f"Shares of {money(fraud)} in fraud and of {money(good)} in good sales."
    x = stopped_axis(evaluation)
    across = [flagged / legit for flagged in by["legit_flagged"]]
    drawn = [
        Line(style, [(at, value / total if total else 0.0) for at, value in zip(across, values, strict=True)])
        for style, values, total in (("a", caught, fraud), ("b", stopped, good))
    ]
    plot = plots.lines(title, x, plots.shares("share of the money" if amounts else "share"), drawn, markers=MARKERS)
    return figure(
        title,
        plot,
        f"{words} The upright lines are the sliders' thresholds, the one for blocking dashed.",
        list(zip("ab", names, strict=True)),
    )


MARKERS = ("marker-review", "marker-block")
_KINDS = (("fraud", "missed"), ("legit", "passed"))


def days(evaluation: dict[str, Any]) -> str:
    listed, budget = evaluation["daily"]["by_day"], evaluation["daily"]["alerts_per_day"]
    last = max(1, len(listed) - 1)
    ticks = tuple((float(at), listed[at]["day"][5:]) for at in sorted({0, last // 2, len(listed) - 1}))
    drawn = [
        Line(style, [(float(at), day[name]) for at, day in enumerate(listed) if day[name] is not None], len(listed) < 3)
        for style, name in (("a", "recall"), ("b", "precision"))
    ]
    plot = plots.lines("Precision and recall by day", Axis("day", 0, last, ticks), plots.shares("share"), drawn)
    keys = [("a", "of the day's fraud found"), ("b", "of the alerts are fraud")]
    return figure(
        f"The {budget} highest scores of each day", plot, "Days are in UTC; the first may be cut short.", keys
    )


def _roc(evaluation: dict[str, Any]) -> str:
    curve = evaluation["curves"]["roc"]
    drawn = [
        Line("even", [(0, 0), (1, 1)]),
        Line("a", [(0, 0), *zip(curve["false_positive_rate"], curve["recall"], strict=True)]),
    ]
    plot = plots.lines("ROC curve", plots.shares("good transactions flagged"), plots.shares("fraud caught"), drawn)
    words = "The nearer the line comes to the upper left corner, the better."
    return figure("ROC", plot, words, [("a", "this model"), ("even", "guessing")])


def _precision_recall(evaluation: dict[str, Any]) -> str:
    curve, rate = evaluation["curves"]["precision_recall"], evaluation["ranking"]["average_precision_of_guessing"]
    drawn = [
        Line("even", [(0, rate), (1, rate)]),
        Line("a", list(zip(curve["recall"], curve["precision"], strict=True))),
    ]
    y = plots.shares("alerts that are fraud")
    plot = plots.lines("Precision and recall", plots.shares("fraud caught"), y, drawn)
    found, chance = evaluation["ranking"]["average_precision"], evaluation["ranking"]["average_precision_interval"]
    words = (
        f"Average precision {found:.3f} (chance alone allows {chance['low']:.3f} to {chance['high']:.3f}); guessing "
        f"gets {rate:.3f}, the fraud rate."
    )
    return figure("Precision and recall", plot, words, [("a", "this model"), ("even", "guessing")])


def _calibration(evaluation: dict[str, Any]) -> str:
    bins = evaluation["calibration"]["bins"]
    values = [bin_[name] for bin_ in bins for name in ("mean_probability", "fraud_rate")]
    low = max(1e-5, min((value for value in values if value > 0), default=1e-3))
    high = max(*values, low * 10)
    x, y = plots.powers("probability given", low, high), plots.powers("fraud observed", low, high)
    points = [(bin_["mean_probability"], bin_["fraud_rate"]) for bin_ in bins]
    drawn = [Line("even", [(x.low, y.low), (x.high, y.high)]), Line("a", points, dots=True)]
    plot = plots.lines("Calibration", x, y, drawn)
    words = (
        "Each dot is about a tenth of the hold-out: on the dotted line a probability means what it says, on the lower "
        "edge there was no fraud. "
        f"Brier score {evaluation['calibration']['brier']:.5f}."
    )
    return figure("Calibration", plot, words, [("a", "this model"), ("even", "perfect")])


def _scores(evaluation: dict[str, Any]) -> str:
    found = evaluation["curves"]["scores"]
    groups = [(style, _shares(found[kind])) for style, kind in (("a", "legit"), ("b", "fraud"))]
    x = Axis("score", 0, 1000, tuple((float(at), str(at)) for at in range(0, 1001, 200)))
    highest = max(height for _, heights in groups for height in heights)
    plot = plots.bars("Scores of fraud and of good transactions", x, plots.shares("share of its kind", highest), groups)
    good, fraud = (percent(sum(heights[900 // BAND :])) for _, heights in groups)
    words = f"Of the frauds {fraud} score 900 or more, of the good transactions {good}."
    return figure("Scores", plot, words, [("a", "good"), ("b", "fraud")])


def _shares(counts: list[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]
