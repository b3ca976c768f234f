"""Finds two of the columns that a schema names apart: the transaction's id, and what was fraud."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.proposal.names import has
from model.proposal.profile import STRAYS, Profile
from model.schema import Label
from model.training import columns
from model.training.columns import INVALID, Array

Ranks = tuple[tuple[int, re.Pattern[str]], ...]

SOMEBODY = """customer client user member card cc account merchant terminal device entity seller buyer sender receiver
    payer payee employee person visitor"""

NUMBER = "id|nr|no|num|number|nummer|uuid|key|ref|reference|hash"

# The first pattern that fits says how telling the name is; nothing fits: 0; below 0: never.
ID_NAMES: Ranks = (
    (
        9,
        re.compile(rf"^(event|transaction|trans|txn?|trx|payment|order|transfer|transaktions?|buchungs?)_?({NUMBER})$"),
    ),
    (7, re.compile(r"^(id|uuid|guid|transaction)$")),
    (7, re.compile(rf"^(record|row|application|claim|case|booking|call|session|request|message|log)_({NUMBER})$")),
    (6, has("transaction_id trans_num tx_id event_id order_id payment_id invoice(_no|_id)?")),
    (0, has(SOMEBODY)),  # an id, but of somebody who may come back
    (3, re.compile(r"(^|_)(id|uuid|guid|reference)$")),
)
LABEL_NAMES: Ranks = (
    (-1, has("time timestamp date at reason count amount days by")),
    (2, has("flagged predicted prediction suspected alert rule reported")),
    (9, re.compile(r"^event_label$")),
    (8, re.compile(r"(^|_)(is_?)?fraud(ulent|ster)?(_(flag|label|bool|ind|indicator|yn))?$|^fraud_|^betrug$")),
    (6, has("label target class charge_?backs? is_chargeback")),
    (4, has("fake fraude frode betrug abuse abusive bot spam scam malicious phishing bad default(ed)? outcome y")),
)
# Forms of labels, fraud and legitimate, that occur together.
FORMS = (
    (("1",), ("0", "-1")),
    (("true",), ("false",)),
    (("t",), ("f",)),
    (("yes",), ("no",)),
    (("y",), ("n",)),
    (("fraud", "fraudulent", "fraudster", "confirmed fraud", "confirmed_fraud", "scam", "chargeback"), ("legit",)),
    (("fraud", "fraudulent"), ("legitimate", "genuine", "normal", "valid", "clean", "ok", "good", "nonfraud")),
    (("fraud",), ("non-fraud", "non_fraud", "non fraud", "not fraud", "not_fraud", "no fraud", "no_fraud", "notfraud")),
    (("ja",), ("nein",)),
    (("j",), ("n",)),
    (("oui",), ("non",)),
    (("si", "sí", "sì"), ("no",)),
    (("sim",), ("não", "nao")),
    (("bad",), ("good",)),
    (("positive",), ("negative",)),
    (("malicious", "phishing", "abuse"), ("benign",)),
    (("bot",), ("human",)),
    (("spam",), ("ham",)),
)
FRAUD = tuple(dict.fromkeys(form for frauds, _ in FORMS for form in frauds))
LEGIT = tuple(dict.fromkeys(form for _, legits in FORMS for form in legits))
# These may say anything: only a telling name makes them a label.
VAGUE = ("1", "true", "t", "yes", "y", "ja", "j", "oui", "si", "sí", "sì", "sim", "bad", "positive")


@dataclass(frozen=True)
class FoundLabel:
    profile: Profile
    label: Label
    marks: Array  # of every row: 1 fraud, 0 legit, -1 not known


def rank(ranks: Ranks, profile: Profile) -> int:
    return next((points for points, pattern in ranks if pattern.search(profile.words)), 0)


def find_label(profiles: Sequence[Profile]) -> FoundLabel | None:
    ranked = [(rank(LABEL_NAMES, profile), profile) for profile in profiles]
    # a column of telling words needs no telling name
    possible = [(points, found) for points, p in ranked if points >= 0 and (found := _as_label(p, anyway=points > 0))]
    return max(possible, key=lambda pair: pair[0])[1] if possible else None


def labelish(profile: Profile) -> bool:
    """Looks like another label: named like one, with the forms of one."""
    return rank(LABEL_NAMES, profile) > 1 and _as_label(profile, anyway=True) is not None


def _as_label(profile: Profile, anyway: bool) -> FoundLabel | None:
    """`anyway`: any known form will do; else it has to be words for fraud, not just yes or 1."""
    if not profile.count or not profile.readable or profile.times is not None or not profile.everywhere:
        return None
    forms = columns.labels(Label(profile.name, FRAUD, LEGIT))
    marks = profile.codes_with(forms)
    if (marks == INVALID).mean() > STRAYS or not profile.textual:
        return None
    values = np.array([*map(int, forms.values), -1, -1], dtype=np.int8)[marks]
    seen = {text.lower().removesuffix(".0") for text in profile.values}
    frauds, legits = [form for form in FRAUD if form in seen], [form for form in LEGIT if form in seen]
    if not anyway and not set(frauds) - set(VAGUE):
        return None
    return FoundLabel(profile, _label(profile.name, frauds, legits), values)


def _label(column: str, frauds: list[str], legits: list[str]) -> Label:
    """The default forms if they are enough; else those seen, or what goes with them when only one side was seen."""
    known = Label(column)
    if set(frauds) <= set(known.fraud) and set(legits) <= set(known.legit):
        return known
    for with_frauds, with_legits in FORMS:
        frauds = frauds or [form for form in with_frauds if set(legits) & set(with_legits)]
        legits = legits or [form for form in with_legits if set(frauds) & set(with_frauds)]
    return Label(column, tuple(frauds), tuple(legits))


def find_id(profiles: Sequence[Profile]) -> Profile | None:
    possible = [(points, p) for p in profiles if (points := rank(ID_NAMES, p)) and p.readable and p.textual]
    # copies of rows are dropped by training, so a telling name may have some
    usable = [(r, p) for r, p in possible if p.identifiers and p.distinct >= (0.95 if r > 5 else 0.999) * p.count > 1]
    return max(usable, key=lambda found: found[0])[1] if usable else None
