"""Timestamps: strict ISO 8601, turned into UTC."""

# ruff: noqa: DTZ001 (naive times are what is tested)

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import timestamps

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-01T12:30:00Z", None, (2026, 3, 1, 12, 30)),
        ("2026-03-01 12:30:00 Z", None, (2026, 3, 1, 12, 30)),
        ("2026-03-01T12:30Z", None, (2026, 3, 1, 12, 30)),
        ("2026-03-01T12:30:00.123456789Z", None, (2026, 3, 1, 12, 30, 0, 123456)),
        ("2026-03-01T00:30:00+02:00", None, (2026, 2, 28, 22, 30)),
        ("2026-03-01T00:30:00-0530", None, (2026, 3, 1, 6, 0)),
        ("2026-03-01T00:30:00+02", None, (2026, 2, 28, 22, 30)),
        ("2026-03-01T12:30:00", UTC, (2026, 3, 1, 12, 30)),
        ("2026-03-01", UTC, (2026, 3, 1)),
        ("2026-07-01 12:00:00", BERLIN, (2026, 7, 1, 10)),
        ("2026-01-01 12:00:00", BERLIN, (2026, 1, 1, 11)),
        ("2026-10-25 02:30:00", BERLIN, (2026, 10, 25, 0, 30)),  # happens twice: the first is meant
        ("2026-07-01T12:00:00Z", BERLIN, (2026, 7, 1, 12)),
        ("1970-01-01T01:00+01", None, (1970, 1, 1)),
        ("2199-12-31T22:59-01", None, (2199, 12, 31, 23, 59)),
    ],
)
def test_these_are_understood(text, zone, expected):
    assert timestamps.parse(text, zone) == datetime(*expected, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-3-1T12:00:00Z", "2026-03-01T12Z", "20260301T120000Z", "2026-W10-1", "2026-03-01T24:00:00Z",
     "2026-03-01T12:30:00", "2026-13-01T00:00:00Z", "٢٠٢٦-03-01T12:30:00Z", "2026-03-01T12:30:00Z\nx",
     "0000-01-01T00:00Z", "1970-01-01T00:59+01", "2199-12-31T23:00-01"],
)  # fmt: skip
def test_these_are_refused(text):
    with pytest.raises(ValueError, match=r"must|has|is not"):
        timestamps.parse(text)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.timezones(), allow_imaginary=False))
def test_what_python_writes_is_read_as_the_same_moment(moment):
    offset = moment.utcoffset()
    if offset.seconds % 60 == 0:  # old local mean times have offsets with seconds, which ISO 8601 does not know
        assert timestamps.parse(moment.isoformat()) == moment.astimezone(UTC)


@given(st.text(alphabet="0123456789-:TZ .+", max_size=40))
def test_no_text_does_more_than_raise_value_error(text):
    try:
        assert timestamps.parse(text, UTC).tzinfo is UTC
    except ValueError as error:
        assert str(error)
