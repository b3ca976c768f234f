"""The proposed schema as data: what each column is and why, and the gaps that only a person can fill."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.document import SchemaError, Section
from model.field import LARGEST_NUMBER, LONGEST_TEXT, Field, is_unicode
from model.proposal import essentials, leaks, lookback, times
from model.proposal.essentials import FoundLabel
from model.proposal.lookback import Lookback
from model.proposal.names import has, readable
from model.proposal.profile import LONGEST, Profile
from model.proposal.rules import rule_of
from model.proposal.sample import Sample
from model.proposal.times import FoundTime
from model.schema import CALENDAR_FEATURES
from model.transaction import ID

LENGTHS = (64, LONGEST_TEXT, 1024, LONGEST)
SIGNED = has("lat latitude long longitude lon lng balance score delta diff change offset")
DAY = 86_400_000_000  # microseconds
MOST_DELAY = 7  # days


@dataclass(frozen=True)
class Proposed:
    field: Field
    reason: str
    profile: Profile


@dataclass(frozen=True)
class Draft:
    sample: Sample
    id: Profile | None
    time: FoundTime | None
    unread_times: tuple[tuple[Profile, str], ...]  # asked for when there is no time
    label: FoundLabel | None
    near_labels: tuple[Profile, ...]  # named like a label, with values that are none
    fields: tuple[Proposed, ...]
    left_out: tuple[str, ...]  # columns that no field can be called after
    delay: int  # days
    label_time: Profile | None
    lookback: Lookback | None


def draft(sample: Sample) -> Draft:
    profiles = [Profile(column) for column in sample.columns]
    label = essentials.find_label([p for p in profiles if _quotable(p.name) and p.name != ID])
    rest = [profile for profile in profiles if not label or profile is not label.profile]
    time = times.find_time([p for p in rest if _quotable(p.name) and p.name != ID])
    unread = () if time else tuple(times.unread_times(rest))
    rest = [profile for profile in rest if not time or profile is not time.profile]
    label_time = times.find_label_time(rest, time, label.marks == 1) if time and label else None
    rest = [profile for profile in rest if not label_time or profile is not label_time[0]]
    found_id = essentials.find_id([p for p in rest if _quotable(p.name)])
    others = [profile for profile in rest if profile is not found_id]
    left_out = [p.name for p in others if not _nameable(p.name) or p.name == ID]
    fields = [_proposed(profile, label, unread) for profile in others if profile.name not in left_out]
    fields = _with_entity_type([_timely(proposed, time, label) for proposed in fields])
    fields = _without_clashes(_without_entities_names(fields))
    return Draft(
        sample=sample,
        id=found_id,
        time=time,
        unread_times=unread,
        label=label,
        near_labels=() if label else tuple(p for p in rest if essentials.rank(essentials.LABEL_NAMES, p) > 2),
        fields=tuple(fields),
        left_out=tuple(left_out),
        delay=_delay(time, label_time[1] if label_time else MOST_DELAY, whole=sample.whole),
        label_time=label_time[0] if label_time else None,
        lookback=lookback.find(
            [(p.field.role, p.profile) for p in fields], time.times if time else None, whole=sample.whole
        ),
    )


def _proposed(profile: Profile, label: FoundLabel | None, unread: Sequence[tuple[Profile, str]]) -> Proposed:
    if unread and profile is unread[0][0]:
        return _ignored(profile, "the time, in a form that training does not read: see timestamp")
    rule = rule_of(profile)
    leak = leaks.gives_label_away(profile, label.marks) if label and rule.role not in ("email", "ip") else ""
    if leak and (rule.role != "ignore" or not profile.complete):
        return _ignored(profile, f"GIVES THE LABEL AWAY: {leak}; use it only if it is known when it happens")
    field = _ruled(profile, rule.role)
    return Proposed(field, rule.reason, profile)


def _timely(proposed: Proposed, time: FoundTime | None, label: FoundLabel | None) -> Proposed:
    """Ignores what tells the time once more, and times that say nothing about what came before the transaction."""
    if proposed.field.role == "time":
        if time is None or (proposed.profile.naive and (time.unit or not (time.form or time.profile.naive))):
            return _ignored(proposed.profile, "another time, and not written like the time of the transaction")
        wrong = leaks.unlike_the_past(proposed.profile, time.times, label.marks if label else np.zeros(0))
        return _ignored(proposed.profile, wrong) if wrong else proposed
    if time and proposed.field.role == "number" and leaks.tells_time(proposed.profile, time.times):
        return _ignored(proposed.profile, f"rises with {time.profile.name}: tomorrow it has values never seen before")
    return proposed


def _ignored(profile: Profile, reason: str) -> Proposed:
    return Proposed(Field(profile.name, "ignore"), reason, profile)


def _ruled(profile: Profile, role: str) -> Field:
    """The field with what the sample allows: required, bounds, lengths."""
    field = Field(profile.name, role)
    if role == "ignore":
        return field
    field = replace(field, required=profile.complete, description=readable(profile.name))
    if not field.numeric:
        room = next((length for length in LENGTHS if length >= 3 * profile.longest), LONGEST)
        return replace(field, max_length=room)
    if profile.numbers is None or SIGNED.search(profile.words):
        return field
    low, high = float(np.nanmin(profile.numbers)), float(np.nanmax(profile.numbers))
    if low < 0:
        return field
    # generous: a hundred times what was seen, rounded up; it is there to stop damaged values
    return replace(field, min=0.0, max=min(max(10.0 ** math.ceil(math.log10(max(high, 1)) + 2), 1e6), LARGEST_NUMBER))


def _with_entity_type(fields: list[Proposed]) -> list[Proposed]:
    """Amazon Fraud Detector's ENTITY_TYPE says who ENTITY_ID is."""
    kinds = [p.profile.values for p in fields if p.profile.words == "entity_type" and p.profile.textual]
    if not kinds or len(kinds[0]) != 1:
        return fields
    called = {p.profile.name for p in fields if p.profile.words == "entity_id" and p.field.role == "entity"}
    return [
        replace(p, field=replace(p.field, description=kinds[0][0])) if p.field.name in called else p for p in fields
    ]


def _without_entities_names(fields: list[Proposed]) -> list[Proposed]:
    """Ignores what is only another name for one of few customers or cards."""
    entities = [p.profile for p in fields if p.field.role == "entity" and leaks.few_and_repeated(p.profile)]
    kept = []
    for proposed in fields:
        if proposed.field.role in ("category", "number"):
            for entity in entities:
                if leaks.names_entity(proposed.profile, entity):
                    reason = f"with few values of {entity.name} it only says which one it is, by another name"
                    proposed = _ignored(proposed.profile, reason)
                    break
        kept.append(proposed)
    return kept


def _without_clashes(fields: list[Proposed]) -> list[Proposed]:
    """Two columns may not make a feature of one name."""
    taken = set(CALENDAR_FEATURES)
    kept = []
    for proposed in sorted(fields, key=lambda p: p.field.role not in ("email", "ip")):
        if taken & set(proposed.field.features):
            proposed = _ignored(proposed.profile, "has the name of a feature made from another column")
        taken |= set(proposed.field.features)
        kept.append(proposed)
    order = {id(proposed.profile): at for at, proposed in enumerate(fields)}
    return sorted(kept, key=lambda p: order[id(p.profile)])


def _quotable(name: str) -> bool:
    """A value of the schema can be this name; blanks around it would be lost."""
    return name == name.strip() != "" and is_unicode(name)


def _nameable(name: str) -> bool:
    try:
        Field.from_section(name, Section({"role": "ignore"}))
    except SchemaError:
        return False
    return is_unicode(name)


def _delay(time: FoundTime | None, most: int, *, whole: bool) -> int:
    """At most a tenth of the time the files cover, so that enough is left to learn from; of which a sample that is not
    all of them shows a part only."""
    if time is None:
        return 0
    covered = float(np.nanmax(time.times) - np.nanmin(time.times))
    return min(most, round(covered / DAY / (10 if whole else 3)))
