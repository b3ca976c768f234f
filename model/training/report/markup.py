"""The few pieces of HTML that the report is made of; every text that enters is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>\n" + "\n".join(part for part in parts if part) + "\n</section>"


def text(words: str, style: str = "") -> str:
    return f"<p{f' class="{style}"' if style else ''}>{escape(words)}</p>"


def items(texts: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(words)}</li>" for words in texts) + "</ul>"


def cards(figures: Iterable[tuple[str, str]]) -> str:
    made = "".join(f'<div class="card"><b>{escape(value)}</b>{escape(words)}</div>' for value, words in figures)
    return f'<div class="cards">{made}</div>'


def figure(title: str, plot: str, words: str, keys: Sequence[tuple[str, str]] = ()) -> str:
    """`keys` are (style, name) of what the plot shows."""
    legend = "".join(f'<span class="key"><i class="{style}"></i>{escape(name)}</span>' for style, name in keys)
    return f"<figure><h3>{escape(title)}</h3>{plot}<div>{legend}</div><figcaption>{escape(words)}</figcaption></figure>"


def figures(made: Iterable[str]) -> str:
    return f'<div class="figures">{"".join(made)}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A column whose first cell is a number is headed like one."""
    first: Sequence[Any] = rows[0] if rows else [""] * len(header)
    head = "".join(
        f'<th scope="col"{_style(value)}>{escape(name)}</th>' for name, value in zip(header, first, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'


def folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


class Number(str):
    """A number already written for people."""


def percent(share: float | None, digits: int = 1) -> Number:
    """A dash where there is nothing to have a share of."""
    return Number("–" if share is None else f"{share * 100:.{digits}f}\u00a0%")


def money(amount: float) -> Number:
    return Number(f"{amount:,.0f}" if abs(amount) >= 1000 or amount == 0 else f"{amount:,.2f}")


def fixed(value: float) -> Number:
    return Number(f"{value:.3f}")


def _cell(value: Any) -> str:
    written = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if isinstance(value, float) else str(value)
    return f"<td{_style(value)}>{escape(written)}</td>"


def _style(value: Any) -> str:
    return ' class="n"' if isinstance(value, int | float | Number) else ""
