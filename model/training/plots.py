"""Plots as inline SVG, drawn from numbers alone: the same numbers give the same bytes. Colours come from the page's
style; lines also differ in dashes, so that colour is never all that tells them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 280
LEFT, RIGHT, TOP, BOTTOM = 58, 380, 12, 232
Points = Sequence[tuple[float, float]]
Ids = Sequence[str]


@dataclass(frozen=True)
class Axis:
    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """From 0 at the axis's low end to 1 at its high end; what lies beyond is drawn at the end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low) if high > low else 0.0


@dataclass(frozen=True)
class Line:
    style: str  # a class of the page's style: a, b or even
    points: Points
    dots: bool = False  # instead of a line


def shares(label: str, high: float = 1.0) -> Axis:
    """A linear axis of shares, from nothing to a round number that holds the highest."""
    step = next((step for step in (0.01, 0.02, 0.05, 0.1) if high <= 5 * step), 0.2)
    top = max(1, math.ceil(high / step - 1e-9))
    return Axis(label, 0.0, top * step, tuple((at * step, percent(at * step)) for at in range(top + 1)))


def powers(label: str, low: float, high: float) -> Axis:
    """A logarithmic axis of shares with a tick at each power of ten."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    ticks = tuple((10.0**power, percent(10.0**power)) for power in range(first, max(last, first + 1) + 1))
    return Axis(label, ticks[0][0], ticks[-1][0], ticks, logarithmic=True)


def percent(share: float) -> str:
    return f"{share * 100:.6g}\u00a0%"


def lines(
    title: str, x: Axis, y: Axis, drawn: Sequence[Line], marks: Sequence[tuple[float, str]] = (), markers: Ids = ()
) -> str:
    """`marks` are named vertical lines; `markers` are the ids of more, which a script may move."""
    parts = []
    for at, (value, name) in enumerate(marks):
        column = _column(x, value)
        parts.append(f'<line class="mark" x1="{column}" x2="{column}" y1="{TOP}" y2="{BOTTOM}"/>')
        end = "end" if x.place(value) > 0.5 else "start"
        beside = column - 4 if end == "end" else column + 4
        parts.append(f'<text x="{_n(beside)}" y="{TOP + 12 + 15 * at}" text-anchor="{end}">{escape(name)}</text>')
    for line in drawn:
        placed = [(_column(x, across), _row(y, up)) for across, up in line.points]
        if line.dots or len(placed) == 1:
            parts += [f'<circle class="{line.style}" cx="{across}" cy="{up}" r="4"/>' for across, up in placed]
        elif placed:
            path = " ".join(f"{across},{up}" for across, up in placed)
            parts.append(f'<polyline class="{line.style}" points="{path}"/>')
    for marker in markers:
        parts.append(f'<line class="marker" id="{marker}" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{BOTTOM}"/>')
    return _framed(title, x, y, parts)


def bars(title: str, x: Axis, y: Axis, groups: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Bars side by side: each group (style, heights) has one bar for each equal part of the x axis."""
    parts = []
    width = (RIGHT - LEFT) / max(1, len(groups[0][1]))
    thick = width * 0.8 / len(groups)
    for number, (style, heights) in enumerate(groups):
        for at, height in enumerate(heights):
            if height > 0:
                left, top = LEFT + at * width + width * 0.1 + number * thick, _row(y, height)
                box = f'x="{_n(left)}" y="{top}" width="{_n(thick)}" height="{_n(BOTTOM - top)}"'
                parts.append(f'<rect class="{style}" {box}/>')
    return _framed(title, x, y, parts)


def _framed(title: str, x: Axis, y: Axis, parts: Sequence[str]) -> str:
    middle = (TOP + BOTTOM) // 2
    frame = []
    for value, text in y.ticks:
        row = _row(y, value)
        frame.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{row}" y2="{row}"/>')
        frame.append(f'<text x="{LEFT - 6}" y="{_n(row + 4)}" text-anchor="end">{escape(text)}</text>')
    for value, text in x.ticks:
        column = _column(x, value)
        frame.append(f'<line class="grid" x1="{column}" x2="{column}" y1="{BOTTOM}" y2="{BOTTOM + 4}"/>')
        frame.append(f'<text x="{column}" y="{BOTTOM + 18}" text-anchor="middle">{escape(text)}</text>')
    frame.append(f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    frame.append(f'<text class="label" x="{RIGHT}" y="{BOTTOM + 38}" text-anchor="end">{escape(x.label)} →</text>')
    turned = f'transform="rotate(-90 12 {middle})" text-anchor="middle"'
    frame.append(f'<text class="label" x="12" y="{middle}" {turned}>{escape(y.label)}</text>')
    described = f'role="img" aria-label="{escape(title)}"'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {described}>{"".join(frame)}{"".join(parts)}</svg>'


def _column(x: Axis, value: float) -> float:
    return _n(LEFT + x.place(value) * (RIGHT - LEFT))


def _row(y: Axis, value: float) -> float:
    return _n(BOTTOM - y.place(value) * (BOTTOM - TOP))


def _n(number: float) -> float:
    return round(number, 1)
