"""Proposes whose past is worth remembering, and for how long: from how often and how soon they come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.history_schema import DEFAULT_WINDOWS, ROLES
from model.proposal.profile import Profile
from model.training.columns import Array

DAY = 86_400_000_000  # microseconds
COME_BACK = 0.005  # share of rows that are of somebody seen before, below which a past tells nothing
LATE = 0.05  # share of the returns after more than 30 days, above which those are worth a longer memory
LONGER = (90, 180, 365)  # days: as many as there are data of, for among the rare every earlier event tells


@dataclass(frozen=True)
class Lookback:
    windows: tuple[str, ...]
    why_windows: str
    entities: tuple[str, ...] | None  # None: all
    why_entities: str


def find(profiles: Sequence[tuple[str, Profile]], times: Array | None, *, whole: bool) -> Lookback | None:
    """`profiles` with their roles; `whole`: the sample is all there is, so who is seen once does not come back."""
    able = [profile for role, profile in profiles if role in ROLES]
    if not able:
        return None
    once = [profile for profile in able if whole and _returns(profile) < COME_BACK]
    back = [profile for profile in able if profile not in once]
    twins = [late for at, late in enumerate(back) if any(_same(early, late) for early in back[:at])]
    kept = [profile for profile in back if profile not in twins]
    if not kept:
        return Lookback((), "nobody comes back in the sample, so there is no past to look at", None, "")
    said = [f"{profile.name} hardly ever comes back" for profile in once]
    said += [f"{profile.name} only says the same by another name" for profile in twins]
    windows, why = _windows(kept, times, whole=whole)
    return Lookback(windows, why, tuple(p.name for p in kept) if said else None, "; ".join(said))


def _returns(profile: Profile) -> float:
    return 1 - profile.distinct / profile.count if profile.count else 0.0


def _same(one: Profile, other: Profile) -> bool:
    """Each value of one goes with one value of the other, always."""
    both = (one.codes >= 0) & (other.codes >= 0)
    left, right = one.codes[both].astype(np.int64), other.codes[both].astype(np.int64)
    if not len(left):
        return False
    pairs = len(np.unique(left * (right.max() + 1) + right))
    return pairs == len(np.unique(left)) == len(np.unique(right))


def _windows(entities: Sequence[Profile], times: Array | None, *, whole: bool) -> tuple[tuple[str, ...], str]:
    windows: tuple[str, ...] = DEFAULT_WINDOWS
    why = ""
    if times is None:
        return windows, why
    if not np.nan_to_num(times % DAY).any():
        windows, why = windows[1:], "the times are days, so an hour tells nothing"
    gaps = [_gaps(profile, times) for profile in entities]
    late = [float((of_one > 30 * DAY).mean()) if len(of_one) else 0.0 for of_one in gaps]
    slowest = int(np.argmax(late))
    if late[slowest] < LATE:
        return windows, why
    covered = np.nanmax(times) - np.nanmin(times)
    length = next((days for days in LONGER if whole and covered <= days * DAY), LONGER[-1])
    said = f"{late[slowest]:.0%} of the returns of {entities[slowest].name} come after more than 30 days"
    return (*windows, f"{length}d"), "; ".join(part for part in (why, said) if part)


def _gaps(profile: Profile, times: Array) -> Array:
    """Between each event of an entity and its one before."""
    known = (profile.codes >= 0) & ~np.isnan(times)
    codes, moments = profile.codes[known], times[known]
    order = np.lexsort((moments, codes))
    gaps: Array = np.diff(moments[order])[np.diff(codes[order]) == 0]
    return gaps
