"""The schema: what a transaction of this company looks like, read from schema.yaml and carried in every contract."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from model import transaction
from model.costs import Costs
from model.document import SchemaError, Section, duration
from model.field import Field, InvalidTransaction
from model.gate_schema import Gate
from model.history_schema import History
from model.label import Label
from model.timestamps import UNITS, is_form
from model.transaction import ID, Transaction
from model.windows import Plan

__all__ = ["CALENDAR_FEATURES", "Field", "InvalidTransaction", "Label", "Schema", "SchemaError", "Thresholds", "load"]

CALENDAR_FEATURES = ("hour", "weekday", "is_night", "is_weekend")
CALENDAR_FAMILIES = dict(zip(CALENDAR_FEATURES, ("hour", "weekday", "hour", "weekday"), strict=True))
OUTCOMES = ("approve", "review", "block")
PACKAGED = Path(__file__).with_name("schema.yaml")
# What a schema says of decisions and of the training, but not of a transaction and its features.
NOT_OF_TRANSACTIONS = (
    "name",
    "holdout",
    "thresholds",
    "costs",
    "alerts_per_day",
    "rejected_rows_limit",
    "gate",
    "fail_policy",
)


@dataclass(frozen=True)
class Thresholds:
    """Shares of legitimate transactions that may be reviewed (or worse) and blocked."""

    review: float = 0.02
    block: float = 0.005


@dataclass(frozen=True)
class Schema:
    name: str
    timestamp: str
    fields: tuple[Field, ...]
    id_column: str | None = None
    timezone: str | None = None
    time_unit: str | None = None  # of times that are numbers since 1970
    time_format: str | None = None  # of times in files that are not ISO 8601
    label: Label | None = None
    label_delay: timedelta = timedelta(0)
    extra_columns: str = "refuse"
    holdout: float = 0.2
    thresholds: Thresholds = field(default_factory=Thresholds)
    costs: Costs | None = None  # with them the thresholds are those of the lowest cost
    alerts_per_day: int = 100
    rejected_rows_limit: float = 0.01
    gate: Gate = field(default_factory=Gate)
    fail_policy: str = "review"  # the outcome while no model can be asked
    history: History = field(default_factory=History)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def field_of(self) -> dict[str, Field]:
        """By feature; those of the calendar and of the history come from no single field."""
        return {feature: field for field in self.fields for feature in field.features}

    @cached_property
    def family_of(self) -> dict[str, str]:
        """By feature. Those of one family tell one fact in several ways, as the hour and the night tell the time."""
        of_fields = {feature: f"field {field.name}" for feature, field in self.field_of.items()}
        return of_fields | CALENDAR_FAMILIES | {told.name: told.family for told in self.history_plan.features}

    @cached_property
    def history_plan(self) -> Plan:
        return Plan.of(self)

    def reads_as(self, other: Schema) -> bool:
        """Whether both make the same features of a transaction; they may decide and train differently."""
        return self._of_features() == other._of_features()

    def _of_features(self) -> dict[str, Any]:
        fields = tuple(replace(field, sensitive=False) for field in self.fields)  # changes no feature
        return replace(self, fields=fields).to_dict() | dict.fromkeys(NOT_OF_TRANSACTIONS)

    def validate(self, payload: Mapping[str, Any]) -> Transaction:
        return transaction.read(self, payload)

    @classmethod
    def from_dict(cls, document: Any) -> Schema:
        top = Section(document)
        timestamp = top.section("timestamp")
        fields = _fields(top.section("fields"))
        schema = cls(
            name=_slug(top, "name"),
            timestamp=timestamp.text("column"),
            timezone=timestamp.text("timezone") if timestamp.has("timezone") else None,
            time_unit=timestamp.choice("unit", tuple(UNITS)) if timestamp.has("unit") else None,
            time_format=timestamp.text("format") if timestamp.has("format") else None,
            fields=fields,
            id_column=_id_column(top),
            label=Label.from_section(top.section("label")) if top.has("label") else None,
            label_delay=duration(top.text("label_delay", "0d"), "label_delay"),
            extra_columns=top.choice("extra_columns", ("refuse", "ignore"), "refuse"),
            holdout=top.number_or("holdout", 0.2, 0.05, 0.5),
            thresholds=_thresholds(top),
            costs=_costs(top, fields),
            alerts_per_day=int(top.number_or("alerts_per_day", cls.alerts_per_day, 1, 1_000_000)),
            rejected_rows_limit=top.number_or("rejected_rows_limit", 0.01, 0, 1),
            gate=Gate.from_section(top.section("gate")) if top.has("gate") else Gate(),
            fail_policy=top.choice("fail_policy", OUTCOMES, cls.fail_policy),
            history=History.from_section(top.section("history")) if top.has("history") else History(),
        )
        timestamp.refuse_unknown_keys()
        _refuse_contradictions(schema)
        top.refuse_unknown_keys()
        _refuse_clashes(schema)
        return schema

    def to_dict(self) -> dict[str, Any]:
        """The document again, complete, in JSON types; from_dict of it is this schema."""
        document: dict[str, Any] = {"name": self.name, "timestamp": {"column": self.timestamp}}
        if self.timezone:
            document["timestamp"]["timezone"] = self.timezone
        if self.time_unit:
            document["timestamp"]["unit"] = self.time_unit
        if self.time_format:
            document["timestamp"]["format"] = self.time_format
        if self.id_column:
            document["transaction_id"] = {"column": self.id_column}
        if self.label:
            document["label"] = self.label.to_dict()
        minutes = self.label_delay // timedelta(minutes=1)
        document["label_delay"] = f"{minutes // 1440}d" if minutes % 1440 == 0 else f"{minutes}m"
        document["fields"] = {field.name: field.to_dict() for field in self.fields}
        document["extra_columns"] = self.extra_columns
        document["holdout"] = self.holdout
        document["thresholds"] = {"review": self.thresholds.review, "block": self.thresholds.block}
        if self.costs:
            document["costs"] = self.costs.to_dict()
        document["alerts_per_day"] = self.alerts_per_day
        document["rejected_rows_limit"] = self.rejected_rows_limit
        document["gate"] = self.gate.to_dict()
        document["fail_policy"] = self.fail_policy
        document["history"] = self.history.to_dict()
        return document


def load(path: str | Path = PACKAGED) -> Schema:
    return parse(Path(path).read_bytes(), str(path))


def parse(content: bytes, name: str) -> Schema:
    """The schema of a YAML file. Every value is taken as the text it is written as: NO is Norway, not false."""
    import yaml  # only those who read the file need it; with a model, scoring gets its schema from the contract

    try:
        text = content.decode()
        _refuse_double_keys(yaml.compose(text, Loader=yaml.BaseLoader))
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (makes texts only)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SchemaError(f"{name}: is not YAML: {' '.join(str(error).split())}") from None
    return Schema.from_dict(document)


def _refuse_double_keys(node: Any) -> None:
    """YAML would silently keep the last of two keys with one name."""
    seen = set()
    for key, value in node.value if node is not None and node.id == "mapping" else ():
        if key.value in seen:
            raise SchemaError(f"{key.value}: is there twice, again in line {key.start_mark.line + 1}")
        seen.add(key.value)
        _refuse_double_keys(value)


def _fields(section: Section) -> tuple[Field, ...]:
    if not section.keys():
        raise SchemaError("fields: expected at least one field")
    return tuple(Field.from_section(name, section.section(name)) for name in section.keys())  # noqa: SIM118


def _slug(top: Section, key: str) -> str:
    text = top.text(key)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", text):
        raise SchemaError(f"{key}: expected letters, digits and hyphens, at most 63")
    return text


def _id_column(top: Section) -> str | None:
    if not top.has("transaction_id"):
        return None
    section = top.section("transaction_id")
    column = section.text("column")
    section.refuse_unknown_keys()
    return column


def _thresholds(top: Section) -> Thresholds:
    if not top.has("thresholds"):
        return Thresholds()
    section = top.section("thresholds")
    thresholds = Thresholds(section.number_or("review", 0.02, 0, 1), section.number_or("block", 0.005, 0, 1))
    section.refuse_unknown_keys()
    if thresholds.block > thresholds.review:
        raise SchemaError("thresholds.block: expected a share not above thresholds.review")
    return thresholds


def _costs(top: Section, fields: tuple[Field, ...]) -> Costs | None:
    if not top.has("costs"):
        return None
    return Costs.from_section(top.section("costs"), has_amount=any(field.role == "amount" for field in fields))


def _refuse_contradictions(schema: Schema) -> None:
    if schema.time_unit and (schema.timezone or schema.time_format):
        other = "timezone" if schema.timezone else "format"
        raise SchemaError(f"timestamp.{other}: expected only without unit; numbers since 1970 have none")
    if schema.time_format and not is_form(schema.time_format):
        raise SchemaError("timestamp.format: expected day, month and year as in %d.%m.%Y %H:%M:%S")
    if schema.time_format and not schema.timezone:
        raise SchemaError("timestamp.timezone: expected together with format, such as UTC or Europe/Berlin")


def _refuse_clashes(schema: Schema) -> None:
    columns = [schema.timestamp, schema.id_column, *(schema.label.columns if schema.label else ())]
    names = [column for column in columns if column] + [field.name for field in schema.fields]
    if schema.id_column != ID:
        names.append(ID)
    features = list(CALENDAR_FEATURES) + [name for field in schema.fields for name in field.features]
    features += schema.history_plan.names
    for kind, found in (("column", names), ("feature", features)):
        for name, uses in Counter(found).items():
            if uses > 1:
                raise SchemaError(f"fields: the name {name} is used for two things (as a {kind}); rename one of them")
