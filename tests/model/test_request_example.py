"""The example is a request that the schema accepts and that names every field, and it stays the same while it may."""

from hypothesis import given
from hypothesis import strategies as st

from model import request_example
from model.schema import Schema, load
from model.timestamps import UNITS
from tests.model.conftest import small
from tests.model.test_request_form import BOUNDS, GIVEN, LENGTHS, is_accepted, says_yes

WORDS = st.lists(st.text("abc 1@.:", min_size=1, max_size=5).filter(str.strip), max_size=3)


@st.composite
def rules(draw):
    role = draw(st.sampled_from(["entity", "amount", "number", "category", "email", "ip", "ignore"]))
    if role in ("amount", "number"):
        return {"role": role} | dict(zip(("min", "max"), draw(BOUNDS), strict=True))
    values = draw(WORDS) if role == "category" else []
    return {"role": role, "max_length": draw(LENGTHS)} | ({"values": values} if values else {})


@given(st.lists(rules(), min_size=1, max_size=3), st.sampled_from([None, *UNITS]), WORDS)
def test_the_example_of_any_schema_is_a_valid_request_with_all_that_can_be_given(rules, unit, known):
    fields = {f"f{number}": rule for number, rule in enumerate(rules)}
    schema = Schema.from_dict(small(fields=fields, timestamp={"column": "time", "unit": unit}))
    made = request_example.transaction(schema, dict.fromkeys(fields, known))
    assert is_accepted(schema, made) and says_yes(schema, made)
    for field in schema.fields:
        if field.max_length >= 3 and not field.values:  # shorter e-mail addresses do not exist
            assert (field.name in made) == (field.role != "ignore")


def test_the_examples_of_the_known_schemas_are_valid_requests():
    for path in GIVEN:
        assert is_accepted(load(path), request_example.transaction(load(path))), path


def test_an_example_that_was_sent_stays_the_same_decision_and_another_has_an_id_of_its_own():
    schema = load()
    made = request_example.transaction(schema)
    assert request_example.transaction(load()) == made
    other = request_example.transaction(schema, {"currency": ["EUR"]})
    assert other["currency"] == "EUR" and other["transaction_id"] != made["transaction_id"]
