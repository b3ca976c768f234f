"""The plots: where things are drawn, that it is all within the picture, and that nothing from outside is markup."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.training import plots
from model.training.plots import Axis, Line

UNIT = plots.shares("share")
share = st.floats(0, 1)


def drawn(svg, tag):
    return list(ElementTree.fromstring(svg).iter(tag))


def corners(line):
    return [float(number) for pair in line.get("points").split() for number in pair.split(",")]


def test_the_corners_of_the_plot_are_the_ends_of_the_axes():
    (line,) = drawn(plots.lines("t", UNIT, UNIT, [Line("a", [(0, 0), (1, 1)])]), "polyline")
    assert corners(line) == [plots.LEFT, plots.BOTTOM, plots.RIGHT, plots.TOP]


def test_a_logarithmic_axis_gives_each_power_of_ten_the_same_room():
    axis = plots.powers("p", 0.002, 0.3)
    assert [text for _, text in axis.ticks] == ["0.1\u00a0%", "1\u00a0%", "10\u00a0%", "100\u00a0%"]
    assert [axis.place(value) for value, _ in axis.ticks] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert axis.place(0) == 0  # nothing has no logarithm: it is drawn at the edge


@given(st.floats(0.0001, 1))
def test_a_linear_axis_holds_the_highest_value_without_waste(high):
    axis = plots.shares("s", high)
    assert high <= axis.high + 1e-9
    assert len(axis.ticks) <= 7
    assert axis.high <= max(0.01, 2.01 * high)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), max_size=20), st.booleans(), st.booleans())
def test_everything_is_drawn_within_the_picture(points, dots, logarithmic):
    x = plots.powers("x", 0.001, 1) if logarithmic else UNIT
    svg = plots.lines("t", x, UNIT, [Line("a", points, dots)], marks=[(0.3, "review")])
    for line in drawn(svg, "polyline"):
        assert all(0 <= value <= plots.WIDTH for value in corners(line))
    for dot in drawn(svg, "circle"):
        assert plots.LEFT <= float(dot.get("cx")) <= plots.RIGHT
        assert plots.TOP <= float(dot.get("cy")) <= plots.BOTTOM
    assert len(drawn(svg, "circle")) == (len(points) if dots or len(points) == 1 else 0)


@given(st.lists(share, min_size=1, max_size=20))
def test_bars_stand_on_the_axis_as_high_as_their_value(heights):
    svg = plots.bars("t", Axis("score", 0, 1000, ()), UNIT, [("a", heights), ("b", heights[::-1])])
    bars = drawn(svg, "rect")
    assert len(bars) == 2 * sum(height > 0 for height in heights)
    for bar in bars:
        assert float(bar.get("y")) + float(bar.get("height")) == pytest.approx(plots.BOTTOM, abs=0.11)
    tall = [float(bar.get("height")) for bar in bars if bar.get("class") == "a"]
    room = plots.BOTTOM - plots.TOP
    assert tall == pytest.approx([height * room for height in heights if height > 0], abs=0.11)


def test_texts_are_escaped():
    axis = Axis("<x>&", 0, 1, ((0.0, "<tick>"),))
    svg = plots.lines('"<title>', axis, axis, [Line("a", [(0, 0)])], marks=[(0.5, "<mark>")])
    texts = [element.text for element in drawn(svg, "text")]
    assert {"<x>& →", "<x>&", "<tick>", "<mark>"} <= set(texts)
    assert ElementTree.fromstring(svg).get("aria-label") == '"<title>'


def test_an_axis_without_extent_does_not_divide_by_nothing():
    assert Axis("day", 3, 3, ()).place(3) == 0
    assert math.isfinite(plots.powers("p", 1, 1).place(1))
