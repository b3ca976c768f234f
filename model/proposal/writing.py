"""Writes a draft as schema.yaml: every line says why it is so, in a comment that a person can argue with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath

from model.field import LARGEST_NUMBER, LONGEST_TEXT, Field
from model.proposal.draft import Draft, Proposed

PLAIN = re.compile(r"[A-Za-z0-9_][\w.$-]*( [\w.$-]+)*", re.ASCII)
CONVERSIONS = {
    "count": "pandas.Timestamp('2026-01-01T00Z') + pandas.to_timedelta({column}, unit='s')  # your start, unit",
    "text": "pandas.to_datetime({column}, format='%d.%m.%Y %H:%M:%S')  # your format",
}
NO_START = "a guess: numbers from a start that they do not name, taken for 1970; hours and weekdays are not true"
FORMS_SHOWN = 5


def gaps(draft: Draft) -> list[str]:
    """What the schema lacks to be trained with."""
    found = [] if draft.time else ["timestamp.column"]
    found += [] if draft.label else ["label.column"]
    return found + ([] if draft.fields else ["fields"])


def write(draft: Draft) -> str:
    sections = (_head, _id, _timestamp, _label, _fields, _history, _rest)
    return "".join(f"{line}\n" for section in sections for line in section(draft))


def _head(draft: Draft) -> Iterator[str]:
    files = ", ".join(_said(name) for name in draft.sample.files[:3])
    more = f" and {len(draft.sample.files) - 3} more" if len(draft.sample.files) > 3 else ""
    share = "all" if draft.sample.whole else "the first"
    yield f"# Proposed from {share} {draft.sample.rows:,} rows of {files}{more}: a start, to be read and corrected."
    yield "# docs/schema.md explains every key."
    for gap in gaps(draft):
        yield f"# GAP: {gap} is missing; training needs it."
    if draft.sample.damaged:
        yield f"# {draft.sample.damaged:,} further rows of the sample cannot be read as CSV."
    slug = re.sub(r"[^a-z0-9]+", "-", PurePath(draft.sample.files[0]).name.split(".")[0].lower()).strip("-")[:63]
    yield f"name: {slug.strip('-') or 'my-data'}"


def _id(draft: Draft) -> Iterator[str]:
    yield ""
    if draft.id:
        copies = draft.id.count - draft.id.distinct
        yield f"# Named like an id, and {f'repeated by {copies:,} rows' if copies else 'different in every row'}."
        yield "transaction_id:"
        yield f"  column: {_text(draft.id.name)}"
    else:
        yield "# No column is different in every row and named like a transaction's id: rows are called <file>:<row>."


def _timestamp(draft: Draft) -> Iterator[str]:
    yield ""
    if draft.time:
        yield "timestamp:"
        yield f"  column: {_text(draft.time.profile.name)}"
        if draft.time.unit:
            start = "numbers since 1970" if draft.time.since_1970 else NO_START
            yield f"  unit: {draft.time.unit}  # {start}"
        elif draft.time.form:
            yield f"  format: {json.dumps(draft.time.form)}  # of the files; requests always write ISO 8601"
        if draft.time.form or (not draft.time.unit and draft.time.profile.naive):
            yield "  timezone: UTC  # a guess: the times do not say their zone; write yours, e.g. Europe/Berlin"
        return
    yield "# GAP: no column has, in every row, a time that training reads: ISO 8601, such as 2026-03-01T12:30:00Z."
    for profile, form in draft.unread_times[:1]:
        name = _said(profile.name)
        said = "counts from a start it does not name" if form == "count" else f"is a time written with {form}"
        yield f"# {name} {said}. Make a column of it, say with pandas:"
        how = CONVERSIONS.get(form, CONVERSIONS["text"]).format(column=f"data[{name!r}]")
        yield f"#   data['timestamp'] = {how}"
    yield "timestamp:"
    yield "  column:"


def _label(draft: Draft) -> Iterator[str]:
    yield ""
    if draft.label is None:
        yield "# GAP: no column is a label: two values such as 0 and 1 or legit and fraud, and a name such as is_fraud."
        for profile in draft.near_labels[:3]:
            forms = ", ".join(_said(text) for text in profile.values[:FORMS_SHOWN])
            more = ", …" if profile.distinct > FORMS_SHOWN else ""
            yield f"# {_said(profile.name)} is named like one and holds {forms}{more}."
        yield "label:"
        yield "  column:"
        return
    marks = draft.label.marks
    fraud, legit, unknown = (int((marks == mark).sum()) for mark in (1, 0, -1))
    yield f"# In the sample: {fraud:,} fraud, {legit:,} legitimate, {unknown:,} not known yet."
    if not fraud or not legit:
        yield "# The sample shows one of the two only: check the forms of the other."
    yield "label:"
    yield f"  column: {_text(draft.label.label.column)}"
    yield f"  fraud: [{', '.join(map(_text, draft.label.label.fraud))}]"
    yield f"  legit: [{', '.join(map(_text, draft.label.label.legit))}]"
    if draft.label_time:
        yield f"  known_at: {_text(draft.label_time.name)}  # since when the label is known"
    yield ""
    yield "# A guess. How long until a fraud is usually known: write what is true for you."
    yield f"label_delay: {draft.delay}d"


def _fields(draft: Draft) -> Iterator[str]:
    yield ""
    yield "fields:"
    for proposed in draft.fields:
        yield f"  {_text(proposed.field.name)}: {{{_rules(proposed.field)}}}  # {_reason(proposed)}"


def _history(draft: Draft) -> Iterator[str]:
    found = draft.lookback
    if found is None:
        return
    yield ""
    yield "# How far back the past of an entity, e-mail or IP address is looked at."
    yield "history:"
    yield f"  windows: [{', '.join(found.windows)}]" + (f"  # {found.why_windows}" if found.why_windows else "")
    if found.entities is not None:
        yield f"  entities: [{', '.join(map(_text, found.entities))}]  # {found.why_entities}"


def _rules(field: Field) -> str:
    rules = [f"role: {field.role}"]
    rules += ["required: true"] if field.required else []
    rules += [f"min: {field.min:.0f}"] if field.min > -LARGEST_NUMBER else []
    rules += [f"max: {field.max:.0f}"] if field.max < LARGEST_NUMBER else []
    rules += [f"max_length: {field.max_length}"] if field.max_length != LONGEST_TEXT else []
    rules += [f"description: {_text(field.description)}"] if field.description else []
    return ", ".join(rules)


def _reason(proposed: Proposed) -> str:
    role, profile = proposed.field.role, proposed.profile
    blanks = "" if profile.complete or not profile.count else f"; blank in {1 - profile.present.mean():.1%}"
    if role == "category" and profile.distinct <= 6:
        return f"{proposed.reason}: {', '.join(_said(text) for text in profile.values)}{blanks}"
    if role in ("category", "entity"):
        return f"{proposed.reason}; {profile.distinct:,} different{blanks}"
    if role in ("number", "amount") and profile.numbers is not None:
        known = profile.numbers[profile.numbers == profile.numbers]
        return f"{proposed.reason}; {known.min():g} to {known.max():g}{blanks}"
    return proposed.reason + blanks


def _rest(draft: Draft) -> Iterator[str]:
    yield ""
    if draft.left_out:
        names = ", ".join(_said(name) for name in draft.left_out[:5])
        yield f"# No field can have the name of these columns, which are therefore not read: {names}"
        yield "extra_columns: ignore"
    else:
        yield "# Columns that are not named above fail the training, so that a misspelt one is noticed."
        yield "extra_columns: refuse"
    yield ""
    yield "# At most these shares of the legitimate transactions are reviewed (or worse) and blocked."
    yield "thresholds: {review: 0.02, block: 0.005}"


def _text(text: str) -> str:
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=not text.isprintable())


def _said(text: str) -> str:
    """A text from the data, safe in a comment."""
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= 40 else shown[:40] + "…"
