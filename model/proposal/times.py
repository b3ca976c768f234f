"""Finds the column that says when a transaction happened, and how it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from model.proposal import forms
from model.proposal.essentials import Ranks, rank
from model.proposal.names import has
from model.proposal.profile import MOSTLY, Profile
from model.timestamps import UNITS, Written
from model.training.columns import Array

TIME_NAMES: Ranks = (
    (-1, has("label birth birthday dob expir(y|es|ation|ed) updated? modified reported until")),
    (-1, has("chargebacks? labell?ed confirmed ingestion valid resolved investigated closed")),
    (9, has("event_(timestamp|time|date)")),
    (3, has("signup sign_up registered registration first last opened start(ed)?")),
    (8, re.compile(r"(^|_)(trans|transaction|tx|txn|trx|purchase|payment|order|event)_.*(time|date|timestamp|at|ts)$")),
    (7, has("timestamp datetime date_time ts")),
    (6, has("created occurred time at buchungszeit datum zeit fecha")),
    (5, has("date day when dt")),
)
LABEL_TIMES = has("label_(timestamp|time|date|at) labell?ed_(at|on|time|date) chargebacks?_(at|on|time|date|timestamp)")
# Times of the past that a request can carry, unlike those written when a case is closed.
EARLIER = re.compile(
    r"(^|_)(sign_?up|registered|registration|created|creation|opened|opening|joined|since|issued?|activated|activation"
    r"|enroll?ed|enroll?ment|onboarded|first|last_(login|seen|activity|order|purchase))(_|$)"
)
# Counts from a start of their own: the whole name, and the unit it is taken for.
COUNTERS = (
    (re.compile(r"^(time_)?(step|tick)s?$|^hours?$"), "h"),
    (re.compile(r"^((transaction|trans|tx|txn|event)_)?(time|ts|dt|timestamp)$|^t$|^elapsed(_time)?$|^seconds?$"), "s"),
    (re.compile(r"^minutes?$"), "m"),
    (re.compile(r"^(day|week|month)s?$"), "d"),
)
PARTS_OF_A_DATE = has("year jahr")
ISO, FORMAT, EPOCH, COUNTER = 0.5, 0.4, 0.3, 0.0  # what more or less makes the better time among equally good names


@dataclass(frozen=True)
class FoundTime:
    profile: Profile
    times: Array  # microseconds of every row, NaN where blank
    unit: str = ""  # of a number; none where it is written as ISO 8601
    form: str = ""  # of a text that is not ISO 8601
    since_1970: bool = True


def find_time(profiles: Sequence[Profile]) -> FoundTime | None:
    """The best named one; among equals the finest."""
    dated = any(PARTS_OF_A_DATE.search(profile.words) for profile in profiles)
    possible = []
    for profile in profiles:
        points = rank(TIME_NAMES, profile)
        if points < 0 or not profile.dependable or not profile.readable:
            continue
        for likelihood, found in _readings(profile, points > 0, dated):
            possible.append((points + likelihood, len(np.unique(found.times)), found))
    return max(possible, key=lambda found: found[:2])[2] if possible else None


def _readings(profile: Profile, named: bool, dated: bool) -> Iterator[tuple[float, FoundTime]]:
    """`named` like a time; `dated`: other columns hold parts of a date."""
    if profile.times is not None:
        yield ISO, FoundTime(profile, profile.times)
    elif profile.unread_time:
        found = _written(profile) if named or profile.numbers is None else None
        if found:
            yield FORMAT, found
    elif profile.epoch and (named or _counter(profile)):
        yield EPOCH, _counted(profile, profile.epoch, since_1970=True)
    elif not dated and not profile.epoch and (unit := _counter(profile)):
        yield COUNTER, _counted(profile, unit, since_1970=False)


def _written(profile: Profile) -> FoundTime | None:
    """By the only format in which all but strays are times: days and months may be in either order."""
    fitting = forms.time_formats(profile.start) if profile.texts_only else []
    found = [(form, times) for form in fitting if (times := profile.times_as(Written(form, UTC))) is not None]
    return FoundTime(profile, found[0][1], form=found[0][0]) if len(found) == 1 else None


def find_label_time(profiles: Sequence[Profile], time: FoundTime, fraud: Array) -> tuple[Profile, int] | None:
    """The column that says when a fraud became known, and after how many days that usually was."""
    for profile in profiles:
        if (
            not LABEL_TIMES.search(profile.words)
            or profile.times is None
            or time.unit
            or time.form
            or not profile.everywhere
        ):
            continue
        waits = (profile.times - time.times)[fraud]
        waits = waits[~np.isnan(waits)]
        readable = time.profile.naive or not profile.naive
        if len(waits) and readable and (waits >= 0).mean() >= MOSTLY and np.median(waits) >= UNITS["h"]:
            return profile, math.ceil(np.median(waits) / UNITS["d"])
    return None


def unread_times(profiles: Sequence[Profile]) -> list[tuple[Profile, str]]:
    """Columns that tell the time in a form that training does not read, the likeliest first."""
    found = []
    for profile in profiles:
        points = rank(TIME_NAMES, profile)
        if points < 0 or not profile.dependable or not profile.readable:
            continue
        if profile.unread_time and (points > 0 or profile.numbers is None):
            found.append((points + 2, profile, profile.unread_time))
        elif profile.numbers is not None and points > 0:
            found.append((points, profile, "count"))
    return [(profile, form) for _, profile, form in sorted(found, key=lambda entry: -entry[0])]


def _counter(profile: Profile) -> str:
    """The unit of a number that counts from a start of its own, if its name says so."""
    if profile.numbers is None or profile.distinct < 2 or np.nanmin(profile.numbers) < 0:
        return ""
    return next((unit for pattern, unit in COUNTERS if pattern.search(profile.words)), "")


def _counted(profile: Profile, unit: str, *, since_1970: bool) -> FoundTime:
    numbers = np.full(len(profile.present), np.nan) if profile.numbers is None else profile.numbers
    return FoundTime(profile, np.rint(numbers * UNITS[unit]), unit, since_1970=since_1970)
