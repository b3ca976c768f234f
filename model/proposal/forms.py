"""Forms of times and numbers that training does not read, known here so that they can be called by their name."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from model.training.columns import Array

UNREAD_TIMES = {
    r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})([ T]\d.*)?": "day or month first",
    r"\d{4}/\d{1,2}/\d{1,2}([ T]\d.*)?": "slashes",
    r"(19|20)\d{6}(\d{6})?": "no separators",
    r"\d{1,2} ?[A-Za-z]{3,9}\.? ?\d{4}.*|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}.*": "the month as a word",
    r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?": "a time of day without the day",
}
DATES = [f"%d{s}%m{s}%{y}" for s in "./-" for y in "Yy"] + [f"%m{s}%d{s}%{y}" for s in "./-" for y in "Yy"]
DATES += ["%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"]
TIMES_OF_DAY = ["", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", "%H%M%S"]
FORMATS = [date + time for date in DATES for time in TIMES_OF_DAY]
WRITTEN_NUMBER = re.compile(r"[-+(]?[$€£¥]?\s?[-+]?[\d.,' ]*\d\)?\s?[$€£¥%]?")
FROM_2000, TO_2040 = 946_684_800, 2_208_988_800  # seconds since 1970


def unread_time(texts: list[str]) -> str:
    """What is special about all of these times; nothing if they are none, or of a form that training reads."""
    for pattern, form in UNREAD_TIMES.items():
        if texts and all(re.fullmatch(pattern, text) for text in texts):
            return form
    return ""


def time_formats(texts: list[str]) -> list[str]:
    """Those of strptime's formats in which all of these times can be read; days and months may be in either order."""
    return [form for form in FORMATS if texts and all(_fits(text, form) for text in texts)]


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 (only tried)
    except ValueError:
        return False
    return True


def written_numbers(texts: list[str]) -> bool:
    return bool(texts) and all(WRITTEN_NUMBER.fullmatch(text) for text in texts)


def epoch(numbers: Array) -> str:
    """The unit of numbers that count from 1970 and mean this age, if they do."""
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    for unit, factor in (("s", 1), ("ms", 1_000)):
        if FROM_2000 * factor <= low and high <= TO_2040 * factor:
            return unit
    return ""
