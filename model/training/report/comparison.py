"""The model beside others: the one that serves, and one of the other algorithm on the same features."""

from __future__ import annotations

from typing import Any

from model.training.report.markup import Number, fixed, money, percent, section, table, text

RANKING = (("roc_auc", "area under the ROC curve"), ("average_precision", "average precision"))
NAMES = {"logistic": "logistic regression", "xgboost": "boosted trees"}
SHARES = ("0.001", "0.005", "0.01", "0.02")


def champion(evaluation: dict[str, Any]) -> str:
    found = evaluation.get("champion", {})
    title = "Against the model that serves"
    if not found:
        return ""
    if not found["compared"]:
        return section(title, text(f"There is no comparison: {found['text']}."))
    new, old, difference = found["challenger"], found["champion"], found["difference"]
    rows: list[tuple[Any, ...]] = [
        (words, fixed(new[name]), fixed(old[name]), _signed(difference[name]["value"]), _range(difference[name]))
        for name, words in RANKING
    ]
    rows += [
        (f"fraud caught at {percent(float(share), 1)} of good flagged", percent(a), percent(b), _points(a, b), "")
        for share in SHARES
        for a, b in [[side["recall_at_false_positive_rate"][share] for side in (new, old)]]
    ]
    rows += [
        (f"{words}, each at its own thresholds", percent(a, 2), percent(b, 2), _points(a, b), "")
        for key, words in (("recall", "fraud flagged"), ("false_positive_rate", "good flagged"))
        for a, b in [[side["at_thresholds"]["review"][key] for side in (new, old)]]
    ]
    if "costs" in new:
        a, b = new["costs"]["total"], old["costs"]["total"]
        rows.append(("cost of these decisions", money(a), money(b), money(a - b), ""))
    words = (
        f"Both were tried on the {found['rows']:,} transactions ({found['fraud']:,} frauds) from {found['from'][:10]} "
        f"to {found['to'][:10]}, which are later than all that model {found['model']} has learned from "
        f"({found['trained_until'][:10]})."
    )
    header = ("", "this model", "serving", "difference", "chance allows")
    return section(title, text(verdict(evaluation), "lead"), text(words), table(header, rows))


def verdict(evaluation: dict[str, Any]) -> str:
    """One sentence, by the intervals."""
    found = evaluation.get("champion", {})
    if not found.get("compared"):
        return ""
    sides = {_side(found["difference"][name]) for name, _ in RANKING}
    if sides == {"better", "worse"}:
        return "This model ranks better than the one that serves by one measure and worse by the other."
    for side in ("better", "worse"):
        if side in sides:
            return f"This model ranks {side} than the one that serves, by more than chance would explain."
    return "This model and the one that serves differ by no more than chance would explain."


def _side(difference: dict[str, float]) -> str:
    return "better" if difference["low"] > 0 else "worse" if difference["high"] < 0 else "alike"


def baseline(evaluation: dict[str, Any]) -> str:
    """Part of the section on ranking."""
    plain = evaluation.get("baseline")
    if not plain:
        return ""
    model = evaluation["ranking"]
    rows: list[tuple[Any, ...]] = [
        (words, fixed(model[name]), fixed(plain[name]), _signed(model[name] - plain[name])) for name, words in RANKING
    ]
    rows += [
        (f"fraud caught at {percent(float(share), 1)} of good flagged", percent(a), percent(b), _points(a, b))
        for share in SHARES
        for a, b in [[side["recall_at_false_positive_rate"][share] for side in (model, plain)]]
    ]
    name = NAMES[plain["algorithm"]]
    words = f"For comparison, {name} on the same features, trained on the same transactions:"
    return text(words) + table(("", "this model", name, "difference"), rows)


def _signed(value: float) -> Number:
    return Number(f"{value:+.3f}")


def _points(a: float | None, b: float | None) -> Number:
    """The difference of two shares."""
    return Number("–" if a is None or b is None else f"{100 * (a - b):+.1f}")


def _range(difference: dict[str, float]) -> Number:
    return Number(f"{difference['low']:+.3f} to {difference['high']:+.3f}")
