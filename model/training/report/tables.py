"""The report's tables: the figures behind the plots, and what the model was made from."""

from __future__ import annotations

from typing import Any

from model.training.report.markup import fixed, folded, money, percent, section, table, text

MOST_FEATURES = 25


def thresholds(evaluation: dict[str, Any]) -> str:
    rows = []
    for name, words in (("review", "review or block"), ("block", "block")):
        at = evaluation["at_thresholds"][name]
        counts, worth = at["confusion_matrix"], at.get("amount")
        cells = ("fraud_flagged", "fraud_missed", "legit_flagged", "legit_passed")
        rows.append((words, *(counts[cell] for cell in cells), percent(at["precision"])))
        if worth:
            rows.append(("in money", *(money(worth[cell]) for cell in cells), ""))
    header = ("flagged for", "fraud caught", "fraud missed", "good flagged", "good passed", "alerts that are fraud")
    probabilities, budgets = evaluation["thresholds"], "chosen so that the schema's shares of good transactions hold"
    words = (
        f"Review from a probability of {probabilities['review']:.4g} on, block from {probabilities['block']:.4g} on, "
        f"{"which costs least by the schema's prices" if 'costs' in evaluation else budgets}."
    )
    recalls = evaluation["ranking"]["recall_at_false_positive_rate"]
    return section(
        "At the thresholds in force",
        text(words),
        table(header, rows),
        costs(evaluation),
        text("Fraud caught when this share of good transactions may be flagged:"),
        table([percent(float(share)) for share in recalls], [[percent(recall) for recall in recalls.values()]]),
    )


def costs(evaluation: dict[str, Any]) -> str:
    found = evaluation.get("costs")
    if not found:
        return ""
    names = (("at_thresholds", "at the thresholds in force"), ("at_budgets", "at those of the schema's shares"))
    rows = [
        (words, *(money(found[name][part]) for part in ("missed_fraud", "reviews", "good_customers_blocked", "total")))
        for name, words in (*names, ("without_model", "if every transaction passed"))
    ]
    return text("What the hold-out costs:") + table(
        ("", "fraud that passes", "reviews", "good customers blocked", "in all"), rows
    )


def by_day(evaluation: dict[str, Any]) -> str:
    daily = evaluation["daily"]
    words = (
        f"With {daily['alerts_per_day']:,} alerts a day {percent(daily['mean_recall'])} of a day's fraud is found, and "
        f"{percent(daily['mean_precision'])} of the alerts are fraud (means over {daily['days']:,} days)."
    )
    cards = daily.get("card_precision")
    if cards:
        words += f" Counted by {cards['entity']}, each once a day and not again once found: {percent(cards['mean'])}."
    header = ("day", "transactions", "fraud", "alerts", "fraud in alerts", "precision", "recall")
    rows = [
        (
            *(day[name] for name in ("day", "rows", "fraud", "alerts", "fraud_in_alerts")),
            percent(day["precision"]),
            percent(day["recall"]),
        )
        for day in daily["by_day"]
    ]
    return text(words) + folded("Every day in figures", table(header, rows))


def segments(evaluation: dict[str, Any]) -> str:
    role = {column["column"]: column["role"] for column in evaluation["data"]["columns"]}
    first: list[tuple[Any, ...]] = []
    others: list[tuple[Any, ...]] = []
    for part in evaluation["segments"]:
        row = (
            *(part[name] for name in ("field", "part", "rows", "fraud")),
            percent(part["recall"]),
            percent(part["false_positive_rate"], 2),
        )
        (first if role.get(part["field"]) in ("amount", "entity") else others).append(row)
    header = ("field", "part", "transactions", "fraud", "fraud caught", "good flagged")
    words = "At the review threshold. Where there are few frauds, the share caught says little."
    return section(
        "Segments: where the model is strong and weak",
        text(words),
        table(header, first) if first else "",
        folded(f"By category ({len(others)} parts)", table(header, others)) if others else "",
    )


def features(evaluation: dict[str, Any]) -> str:
    gain, influence = evaluation["importance"], evaluation["influence"]["mean_absolute_shap"]
    alone, drift = evaluation["alone"], evaluation["drift"]
    rows = [
        (name, fixed(influence[name]), percent(gain.get(name, 0.0)), fixed(alone[name]), fixed(drift[name]))
        for name in list(influence)[:MOST_FEATURES]
    ]
    words = (
        "Influence is how far a feature moves the answer on average, up or down (mean absolute SHAP value, log-odds); "
        "gain is its share in what the trees gained while learning; alone is the area under the ROC curve that it "
        "reaches by itself. Drift compares the learning period with the hold-out (population stability index): below "
        "0.1 little has changed, above 0.25 much."
    )
    left_out = len(influence) - len(rows)
    more = text(f"{left_out} features of less influence are in evaluation.json.", "soft") if left_out else ""
    return section(
        "Features: what decides, and drift",
        text(words),
        table(("feature", "influence", "gain", "alone", "drift"), rows),
        more,
    )


def data(evaluation: dict[str, Any]) -> str:
    found = evaluation["data"]
    periods = found["parts"] | ({"learned by what ships": found["shipped"]} if "shipped" in found else {})
    parts = [
        (name.replace("_", " "), period["rows"], period["fraud"], period["from"][:10], period["to"][:10])
        for name, period in periods.items()
    ]
    columns = [
        (
            column["column"],
            column["role"],
            column["missing"],
            *(column.get(key, "") for key in ("distinct", "min", "median", "max")),
        )
        for column in found["columns"]
    ]
    counts = [(name.replace("_", " "), count) for name, count in found["rows"].items()]
    rejected = [(reason["field"], reason["reason"], reason["rows"]) for reason in found["rejected"]]
    return section(
        "Data",
        table(("period", "rows", "fraud", "from", "to"), parts),
        table(("rows", "count"), counts),
        text("Rows set aside, by reason:") + table(("field", "reason", "rows"), rejected) if rejected else "",
        folded(
            "Every column", table(("column", "role", "missing", "distinct", "lowest", "middle", "highest"), columns)
        ),
        folded("How it was trained", table(("setting", "value"), list(evaluation["training"].items()))),
    )
