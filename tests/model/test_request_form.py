"""The JSON Schema of a scoring request says yes exactly to what scoring accepts, for any schema and any value."""

import math
import re
import sys
from itertools import product

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import request_example, request_form, timestamps
from model.field import MOST_DIGITS, ROLES, InvalidTransaction
from model.schema import Schema, load
from model.timestamps import UNITS
from model.transaction import LONGEST_ID
from tests.model.conftest import ROOT, small
from tests.model.payloads import CARD_PAYMENT

GIVEN = [ROOT / "model/schema.yaml", *sorted((ROOT / "docs/schemas").glob("*.yaml"))]
FORMATS = jsonschema.FormatChecker(formats=("ipv4", "ipv6"))


def ecmascript(validator, pattern, instance, _schema):
    """JSON Schema's patterns: $ is the very end, where Python lets a line break follow."""
    if validator.is_type(instance, "string") and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError("does not match")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": ecmascript})


def says_yes(schema: Schema, payload: object) -> bool:
    return Validator(request_form.transaction(schema), format_checker=FORMATS).is_valid(payload)


def is_accepted(schema: Schema, payload: object) -> bool:
    try:
        schema.validate(payload)
    except InvalidTransaction:
        return False
    return True


def with_field(rules: dict[str, object], value: object) -> tuple[Schema, dict[str, object]]:
    payload = {"transaction_id": "a", "time": "2026-01-01T00:00:00Z", "field": value}
    return Schema.from_dict(small(fields={"field": rules})), payload


VALUES = st.lists(st.sampled_from(["chip", "true", "false", "1", "-1", "007", "-0", "٣", "a@b", "::1", "long word"]))
LENGTHS = st.integers(1, 12) | st.sampled_from([20, 29, 30, 31, 256])
BOUNDS = st.tuples(st.integers(-5, 5), st.integers(0, 5)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def rules(draw):
    role = draw(st.sampled_from(ROLES))
    found = {"role": role, "required": draw(st.booleans())}
    if role in ("amount", "number"):
        return found | (dict(zip(("min", "max"), draw(BOUNDS), strict=True)) if draw(st.booleans()) else {})
    values = draw(VALUES)
    return found | {"max_length": draw(LENGTHS)} | ({"values": values} if values else {})


DAYS = ["1970-01-02", "2026-02-28", "2028-02-29", "2199-12-30"]
NO_DAYS = ["2026-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "1969-06-01", "2200-06-01", "٢026-06-01", "26-06-01"]
CLOCKS = [
    "12:30",
    "12:30:00",
    "23:59:59.123456789",
    "24:00",
    "12:60",
    "12:30:60",
    "12:30:00.1234567891",
    "12:30:00.",
    "",
]
OFFSETS = ["Z", "z", " Z", "+02", "+0230", "-18:59", "+19:00", "+02:60", "+2", ""]
TIMES = list(map("".join, product(DAYS + NO_DAYS, ["T", "t", " ", "_", ""], CLOCKS, OFFSETS)))
MAILS = ["a@b", "a@b@c", "a@b@", "@b", "@@b", "a@", "a", "a b@c", "a@b c", "a@b\n", " a@b", "ä@ö", "a@\x85b", ""]
ADDRESSES = ["1.2.3.4", "01.2.3.4", "1.2.3", "256.2.3.4", "٣.2.3.4", "1.2.3.4 ", ""]
ADDRESSES += ["::", "::1.2.3.4", "1::2::3", "fe80::1%eth0", "FE80::1", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9"]
WORDS = ["", " ", "a", "true", "1", "-1", "007", "chip ", "chip", " x", "\ufeff", "\x1c", "a b", "ß", "x\n"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


def texts_and_numbers(longest: int) -> list[object]:
    """What is as long as it may be, and a little longer."""
    sizes = [longest, longest + 1, MOST_DIGITS, MOST_DIGITS + 1]
    texts = [character * size for character in ("x", " ") for size in sizes]
    numbers = [sign * 10**size + step for size in (longest - 1, *sizes) for sign in (1, -1) for step in (-1, 0, 1)]
    return [*texts, "x ".rjust(longest), *numbers, 0, -0.0, 5.0, 5.5, 1e20, True, False, None, [], {}]


@given(rules(), st.lists(JSON, max_size=5))
@example({"role": "category", "max_length": 4}, [])
@example({"role": "entity", "max_length": 1, "required": True}, [])
@settings(max_examples=300)
def test_any_rules_and_any_value_are_judged_alike(rules, values):
    of_role = {"email": MAILS, "ip": ADDRESSES, "time": TIMES[:50]}.get(rules["role"], WORDS)
    edges = of_role + texts_and_numbers(rules.get("max_length", 1)) + rules.get("values", [])
    bounds = [rules.get("min", -1e15), rules.get("max", 1e15)]
    numbers = bounds + [math.nextafter(bound, way) for bound in bounds for way in (-math.inf, math.inf)]
    schema, payload = with_field(rules, None)
    form = Validator(request_form.transaction(schema), format_checker=FORMATS)
    for value in [*edges, *numbers, *values]:
        assert form.is_valid(payload | {"field": value}) == is_accepted(schema, payload | {"field": value}), value


def test_blank_is_what_python_takes_for_it():
    blank = re.compile(f"[{request_form.BLANK}]")
    characters = list(map(chr, range(sys.maxunicode)))
    assert list(filter(blank.match, characters)) == list(filter(str.isspace, characters))


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(("role", "values"), [("time", TIMES), ("email", MAILS), ("ip", ADDRESSES)])
def test_every_form_of_a_text_is_judged_alike(role, values, required):
    schema, payload = with_field({"role": role, "required": required}, None)
    form = Validator(request_form.transaction(schema), format_checker=FORMATS)
    for value in values:
        assert form.is_valid(payload | {"field": value}) == is_accepted(schema, payload | {"field": value}), value


def test_every_day_of_every_year_is_judged_alike():
    told = re.compile(request_form.MOMENT["pattern"])
    for year, month, day in product(range(1968, 2202), range(14), range(33)):
        text = f"{year}-{month:02d}-{day:02d}T12:00Z"
        assert (told.search(text) is not None) == is_time(text), text


def is_time(text: str) -> bool:
    try:
        timestamps.parse(text)
    except ValueError:
        return False
    return True


def test_every_way_to_write_the_time_is_judged_alike():
    schema = Schema.from_dict(small())
    form = Validator(request_form.transaction(schema), format_checker=FORMATS)
    for value in [*TIMES, None, 1772454600, " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z\n"]:
        payload = {"transaction_id": "a", "time": value, "amount": 1, "card": "c"}
        assert form.is_valid(payload) == is_accepted(schema, payload), value


@pytest.mark.parametrize("unit", UNITS)
def test_every_number_of_a_unit_is_judged_alike(unit):
    schema = Schema.from_dict(small(timestamp={"column": "time", "unit": unit}))
    end = request_form.moment(unit)["exclusiveMaximum"]
    edges = [end - 1, end, end + 1, math.nextafter(end, 0), math.nextafter(end, math.inf), 0, -0.0, -1, -1e-9, 5e-324]
    for value in [*edges, True, None, "1", 10**400, [1]]:
        payload = {"transaction_id": "a", "time": value, "amount": 1, "card": "c"}
        assert says_yes(schema, payload) == is_accepted(schema, payload), value


@given(st.sampled_from([*WORDS, *texts_and_numbers(LONGEST_ID)]) | st.text(st.characters(max_codepoint=0x100)) | JSON)
@settings(max_examples=300)
def test_any_id_is_judged_alike(value):
    schema = Schema.from_dict(small())
    payload = {"transaction_id": value, "time": "2026-01-01T00:00:00Z", "amount": 1, "card": "c"}
    assert says_yes(schema, payload) == is_accepted(schema, payload)


@given(st.sampled_from(GIVEN), st.data())
def test_of_a_known_schema_any_request_is_judged_alike(path, data):
    """Fields are left out, made up or given any value."""
    schema = load(path)
    names = ["transaction_id", schema.timestamp, *schema.by_name, "unheard of", *schema.label.columns]
    payload = request_example.transaction(schema)
    payload |= data.draw(st.dictionaries(st.sampled_from(names), JSON | st.sampled_from(WORDS), max_size=2))
    for name in data.draw(st.lists(st.sampled_from(names), max_size=2)):
        payload.pop(name, None)
    assert says_yes(schema, payload) == is_accepted(schema, payload)


@pytest.mark.parametrize("payload", [None, [], "text", 3, [CARD_PAYMENT]])
def test_what_is_no_object_is_no_request(payload):
    assert not says_yes(load(), payload)


def test_unknown_fields_are_part_of_it_only_where_the_schema_ignores_them():
    for extra_columns, allowed in (("refuse", False), ("ignore", True)):
        form = request_form.transaction(Schema.from_dict(small(extra_columns=extra_columns)))
        assert form["additionalProperties"] is allowed


def test_a_field_is_described_in_the_words_and_bounds_of_the_schema():
    fields = request_form.transaction(load())["properties"]
    assert fields["customer_age"] == {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 130,
        "description": "customer's age",
    }
    assert fields["channel"]["enum"] == ["chip", "contactless", "magstripe", "online", "recurring", "", None]
    assert fields["currency"]["maxLength"] == 3
    assert fields["timestamp"]["description"].startswith("when it happened: ISO 8601 with an offset")
