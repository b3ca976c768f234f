"""Finds columns that know too much: the label itself in other clothes, or one of few customers by another name."""

from __future__ import annotations

import numpy as np
import pandas
from sklearn.metrics import roc_auc_score

from model.proposal.profile import MOSTLY, Profile
from model.training.columns import Array

FEWEST = 10  # rows of either class below which a perfect separation may be chance
PERFECT = 0.999
FEW_ENTITIES = 1000  # with more, a tree cannot learn each one by heart
ROWS_PER_ENTITY = 3


def gives_label_away(profile: Profile, marks: Array) -> str:
    """How, if it does: by its presence or by its values."""
    known = marks >= 0
    label = marks[known]
    if not _enough(label):
        return ""
    if _separates(label, profile.present[known].astype(float)):
        return "it is filled in for one of the two labels only"
    values = _as_numbers(profile, marks)
    return "its values separate fraud from the rest" if values is not None and _separates(label, values[known]) else ""


def _enough(marks: Array) -> bool:
    return min(int((marks == 1).sum()), int((marks == 0).sum())) >= FEWEST


def _as_numbers(profile: Profile, marks: Array) -> Array | None:
    if profile.numbers is not None:
        return np.nan_to_num(profile.numbers, nan=-1e300)
    if not profile.textual or profile.distinct > min(1000, profile.count / 5):
        return None  # values this rare separate anything
    codes = profile.codes + 1
    frauds = np.bincount(codes, marks == 1, profile.distinct + 1)
    known = np.bincount(codes, marks >= 0, profile.distinct + 1)
    share: Array = (frauds / np.maximum(known, 1))[codes]
    return share


def _separates(label: Array, values: Array) -> bool:
    if values.min() == values.max():
        return False
    auc = float(roc_auc_score(label, values))
    return max(auc, 1 - auc) >= PERFECT


def names_entity(profile: Profile, entity: Profile) -> bool:
    """Each of few entities has one value of its own (nearly): the column says who, and little else."""
    if profile.distinct < max(entity.distinct / 2, 10) or not few_and_repeated(entity):
        return False
    if profile.words.split("_")[-1] in ("lat", "latitude", "long", "longitude", "lon", "lng"):
        return _spread_within(profile, entity) < 0.1
    values = profile.codes
    if profile.numbers is not None:
        values = np.unique(np.nan_to_num(profile.numbers, nan=-1e300), return_inverse=True)[1]
    pairs = len(np.unique(entity.codes.astype(np.int64) * (int(values.max()) + 2) + values))
    return bool(pairs <= 1.02 * entity.distinct)


def tells_time(profile: Profile, times: Array) -> bool:
    """Rises with the clock: in the future it has values that no model has seen."""
    if profile.numbers is None or profile.distinct < FEWEST:
        return False
    both = pandas.DataFrame({"number": profile.numbers, "time": times}).dropna().rank()
    return len(both) > FEWEST and bool(both["number"].corr(both["time"]) >= PERFECT)


def unlike_the_past(profile: Profile, times: Array, marks: Array) -> str:
    """Why a time is no fact of the past of a transaction, if it is none. `marks` may be empty."""
    seconds = times - profile.times if profile.times is not None else np.zeros(0)
    known = ~np.isnan(seconds)
    if not known.any() or np.ptp(seconds[known]) == 0:
        return "another time; one column can say when it happened"
    if (seconds[known] < 0).mean() > 1 - MOSTLY:
        return "a time after the transaction, so not known when it happens"
    if len(marks) and _enough(marks[known]) and _separates(marks[known & (marks >= 0)], seconds[known & (marks >= 0)]):
        return "GIVES THE LABEL AWAY: it separates fraud from the rest; use it only if it is known when it happens"
    return ""


def few_and_repeated(entity: Profile) -> bool:
    return entity.distinct <= FEW_ENTITIES and entity.count >= ROWS_PER_ENTITY * entity.distinct


def _spread_within(profile: Profile, entity: Profile) -> float:
    """Share of a number's variance that is left when the entity is known."""
    if profile.numbers is None:
        return 1.0
    known = ~np.isnan(profile.numbers) & (entity.codes >= 0)
    values, codes = profile.numbers[known], entity.codes[known]
    if not len(values) or values.var() == 0:
        return 1.0
    means = np.bincount(codes, values) / np.maximum(np.bincount(codes), 1)
    return float((values - means[codes]).var() / values.var())
