"""The schema document: what it may say, and how its mistakes are reported."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from model.schema import Schema, SchemaError, load
from tests.model.conftest import ROOT, small

GIVEN = sorted((ROOT / "docs/schemas").glob("*.yaml"))


def test_the_shipped_schema_describes_card_payments(cards):
    assert cards.by_name["amount"].role == "amount"
    assert cards.by_name["customer_id"].required
    assert cards.label.fraud == ("1", "true", "fraud")
    assert cards.label_delay == timedelta(days=7)
    assert (cards.thresholds.review, cards.thresholds.block) == (0.02, 0.005)


@pytest.mark.parametrize("path", GIVEN, ids=lambda path: path.stem)
def test_every_schema_in_the_documentation_can_be_loaded(path):
    assert load(path).fields


@pytest.mark.parametrize("path", [ROOT / "model/schema.yaml", *GIVEN], ids=lambda path: path.stem)
def test_a_schema_survives_the_way_through_json(path):
    schema = load(path)
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema


def test_defaults_are_those_that_the_reference_names():
    schema = Schema.from_dict(small())
    assert (schema.extra_columns, schema.holdout, schema.rejected_rows_limit) == ("refuse", 0.2, 0.01)
    assert (schema.alerts_per_day, schema.fail_policy) == (100, "review")
    assert schema.label_delay == timedelta(0)
    assert schema.by_name["shop"].max_length == 256


def test_unquoted_yaml_words_stay_the_words_they_are(tmp_path):
    file = tmp_path / "schema.yaml"
    file.write_text(
        "name: words\ntimestamp: {column: t}\nlabel: {column: y, fraud: [Yes, on], legit: [NO, off]}\n"
        "fields:\n  country: {role: category, values: [NO, SE]}\n  1: {role: number, max: 5}\n"
    )
    schema = load(file)
    assert schema.by_name["country"].values == ("NO", "SE")
    assert schema.label.read("yes") == 1
    assert schema.label.read("No") == 0
    assert schema.by_name["1"].max == 5


AMOUNT = {"role": "amount"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the schema: expected a mapping"),
        (small(name=None), "name: is missing; expected a text"),
        (small(name="a b"), "name: expected letters, digits and hyphens"),
        (small(timestamp="time"), "timestamp: expected a mapping"),
        (small(timestamp={}), "timestamp.column: is missing"),
        (
            small(timestamp={"column": "t", "zone": "UTC"}),
            "timestamp.zone: unknown key; expected one of column, format, timezone, unit",
        ),
        (small(fields={}), "fields: expected at least one field"),
        (small(fields={"amount": None}), "fields.amount: is missing"),
        (small(fields={"amount": {"role": "money"}}), "fields.amount.role: expected one of entity, amount"),
        (small(fields={"amount": AMOUNT | {"mininum": 1}}), "fields.amount.mininum: unknown key"),
        (small(fields={"amount": AMOUNT | {"min": "low"}}), "fields.amount.min: expected a number"),
        (small(fields={"amount": AMOUNT | {"min": True}}), "fields.amount.min: expected a number"),
        (small(fields={"amount": AMOUNT | {"min": 5, "max": 4}}), "fields.amount.min: expected a number not above max"),
        (small(fields={"amount": AMOUNT | {"max_length": 5}}), "fields.amount.max_length: expected only where"),
        (small(fields={"shop": {"role": "category", "min": 1}}), "fields.shop.min: expected only where"),
        (small(fields={"shop": {"role": "category", "values": "a"}}), "fields.shop.values: expected a list"),
        (
            small(fields={"shop": {"role": "category", "required": "maybe"}}),
            "fields.shop.required: expected true or false",
        ),
        (small(fields={"a[0]": AMOUNT}), "fields.a[0]: expected a name"),
        (small(fields={"hour": {"role": "number"}}), "the name hour is used for two things (as a feature)"),
        (small(fields={"time": {"role": "number"}}), "the name time is used for two things (as a column)"),
        (small(fields={"transaction_id": {"role": "entity"}}), "the name transaction_id is used for two things"),
        (
            small(label={"column": "y", "fraud": ["A"], "legit": ["a"]}),
            "label.legit: expected other forms than in fraud",
        ),
        (small(label_delay="a week"), "label_delay: expected a number of days"),
        (small(holdout=0.9), "holdout: expected a number from 0.05 to 0.5"),
        (small(thresholds={"review": 0.1, "block": 0.2}), "thresholds.block: expected a share not above"),
        (small(extra_columns="drop"), "extra_columns: expected one of refuse, ignore"),
        (small(fail_policy="deny"), "fail_policy: expected one of approve, review, block"),
        (small(alerts_per_day=0), "alerts_per_day: expected a number from 1 to"),
        (small(rejected_rows_limit="2%"), "rejected_rows_limit: expected a number from 0 to 1"),
        (small(colour="red"), "colour: unknown key"),
    ],
)
def test_a_mistake_is_named_by_its_path(document, message):
    with pytest.raises(SchemaError) as error:
        Schema.from_dict(document)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [", "is not YAML"),
        ("name: a\nname: b\n", "name: is there twice, again in line 2"),
        ("fields:\n  amount: {role: amount}\n  amount: {role: number}\n", "amount: is there twice, again in line 3"),
        ("", "expected a mapping"),
        ("- a\n- b\n", "expected a mapping"),
    ],
)
def test_a_file_that_is_no_schema_is_refused(tmp_path: Path, text, message):
    file = tmp_path / "schema.yaml"
    file.write_text(text)
    with pytest.raises(SchemaError, match=message):
        load(file)
