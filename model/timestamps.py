"""Reads ISO 8601 timestamps strictly, or numbers since 1970, and turns them into UTC: the same rules for a request and
for a file. Files may also write times in a form of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?",
    re.ASCII | re.IGNORECASE,
)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # beyond this it is a typing error, not a payment
OUT_OF_RANGE = f"must lie between the years {EARLIEST.year} and {LATEST.year}"
UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}  # microseconds


@dataclass(frozen=True)
class Count:
    """Times that are written as a number of this unit since 1970."""

    unit: str

    def moment(self, number: float) -> datetime:
        microseconds = round(number * UNITS[self.unit])
        if not 0 <= microseconds < (LATEST - EARLIEST) // timedelta(microseconds=1):
            raise ValueError(OUT_OF_RANGE)
        return EARLIEST + timedelta(microseconds=microseconds)


DIRECTIVES = "YymdbBHIpMSf"  # of strptime, those that have one meaning everywhere
COMPLETE = ("Yy", "mbB", "d")  # a form says one of each


@dataclass(frozen=True)
class Written:
    """Times of files in a form of their own, as strptime describes it."""

    form: str
    zone: tzinfo

    def moment(self, text: str) -> datetime:
        try:
            naive = datetime.strptime(text.strip(), self.form)  # noqa: DTZ007 (its zone follows)
        except ValueError:
            raise ValueError(f"must be a time written as {self.form}") from None
        return localise(naive, self.zone)


Clock = Count | Written | tzinfo | None  # how times are written; None: as ISO 8601 with an offset


def is_form(text: str) -> bool:
    """Does it name a day, in directives that are known here?"""
    used = re.findall(r"%(.?)", text)
    return set(used) <= set(DIRECTIVES) and all(any(one in used for one in wanted) for wanted in COMPLETE)


_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EARLIEST) // _MICROSECOND


def parse(text: str, zone: tzinfo | None = None) -> datetime:
    """UTC time of the text; a time without offset is read in `zone`, or refused when there is none."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError("must be an ISO 8601 timestamp such as 2026-03-01T12:30:00Z")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    microsecond = int((match[7] or "").ljust(6, "0")[:6])
    try:
        naive = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 (its zone follows)
    except ValueError:
        raise ValueError("is not a date and time that exists") from None
    if not EARLIEST.year - 1 <= year <= LATEST.year:
        raise ValueError(OUT_OF_RANGE)
    if match[8]:
        return in_range(naive - _offset(match[8]))
    if zone is None:
        raise ValueError("has no UTC offset: write it as in 2026-03-01T12:30:00Z")
    return localise(naive, zone)


def localise(naive: datetime, zone: tzinfo) -> datetime:
    """UTC of a wall-clock time; of the hour that clocks repeat in autumn, the first one is meant."""
    return in_range(naive - (naive.replace(tzinfo=zone).utcoffset() or timedelta(0)))


def in_range(naive_utc: datetime) -> datetime:
    moment = naive_utc.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise ValueError(OUT_OF_RANGE)
    return moment


def _offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 18 or minutes > 59:
        raise ValueError("has a UTC offset that does not exist")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset
