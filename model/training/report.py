"""report.html: what a person wants to know about a trained model, as plain tables in one self-contained page."""

from __future__ import annotations

from html import escape
from typing import Any

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "td,th{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
)


def render(evaluation: dict[str, Any]) -> str:
    data, at = evaluation["data"], evaluation["metrics"]["at_review_threshold"]
    matrix, thresholds = at["confusion_matrix"], evaluation["thresholds"]
    sections = [
        f"<h1>Model {escape(evaluation['model'])}</h1>",
        "<p>All figures are measured on the hold-out: the latest labelled transactions, which the model never saw.</p>",
        "<h2>Data</h2>",
        _table(
            ("", "rows", "fraud", "from", "to"),
            [
                (name.replace("_", " "), part["rows"], part["fraud"], part["from"], part["to"])
                for name, part in data["parts"].items()
            ],
        ),
        _table(("rows", "count"), [(name.replace("_", " "), count) for name, count in data["rows"].items()]),
        "<h2>Quality</h2>",
        _table(
            ("measure", "value"),
            [
                ("ROC AUC (1 = perfect, 0.5 = guessing)", evaluation["metrics"]["roc_auc"]),
                ("average precision", evaluation["metrics"]["average_precision"]),
                ("recall: share of fraud flagged", at["recall"]),
                ("precision: share of flagged that is fraud", at["precision"]),
                ("false positive rate", at["false_positive_rate"]),
                ("F1", at["f1"]),
                ("accuracy", at["accuracy"]),
            ],
        ),
        f"<p>The last five count a transaction as flagged from the review threshold on ({thresholds['review']:.6g}); "
        f"it is blocked from {thresholds['block']:.6g} on.</p>",
        "<h2>Confusion matrix at the review threshold</h2>",
        _table(
            ("", "flagged", "passed"),
            [
                ("fraud", matrix["fraud_flagged"], matrix["fraud_missed"]),
                ("legitimate", matrix["legit_flagged"], matrix["legit_passed"]),
            ],
        ),
        "<h2>Importance of the features</h2><p>Share of the total gain of all splits.</p>",
        _table(("feature", "share"), list(evaluation["importance"].items())),
    ]
    title = escape(f"Model {evaluation['model']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(sections) + "\n</body></html>\n"
    )


def _table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    return f'<td class="n">{value:.4f}</td>' if isinstance(value, float) else f"<td>{escape(str(value))}</td>"
