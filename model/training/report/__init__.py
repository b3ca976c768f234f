"""report.html: what a fraud manager wants to know about a trained model, in one page that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import Any

from model.training.report import comparison, headline, markup, pictures, tables
from model.training.report.script import SCRIPT
from model.training.report.slider import slider
from model.training.report.style import STYLE

# The browser itself then refuses whatever would come from elsewhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def render(evaluation: dict[str, Any]) -> str:
    sections = (
        headline.headline(evaluation),
        markup.section(
            "Try other thresholds",
            slider(evaluation, pictures.stopped_axis(evaluation)),
            markup.figures([pictures.by_threshold(evaluation)]),
        ),
        tables.thresholds(evaluation),
        comparison.champion(evaluation),
        markup.section(
            "How well it ranks", markup.figures(pictures.pictures(evaluation)), comparison.baseline(evaluation)
        ),
        markup.section("Day by day", markup.figures([pictures.days(evaluation)]), tables.by_day(evaluation)),
        tables.segments(evaluation),
        tables.features(evaluation),
        tables.data(evaluation),
    )
    title = escape(f"Model {evaluation['model']}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><main>\n"
        + "\n".join(filter(None, sections))
        + f"\n</main><script>{SCRIPT}</script></body></html>\n"
    )
