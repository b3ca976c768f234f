"""What a schema may say about history, and the plan that follows from it."""

import json

import pytest

from model.remembered import DAY, MINUTE
from model.schema import Schema, SchemaError
from tests.model.conftest import small
from tests.model.pasts import shop

FIELDS = {
    "card": {"role": "entity", "required": True},
    "shop": {"role": "entity"},
    "mail": {"role": "email"},
    "net": {"role": "ip"},
    "kind": {"role": "category"},
    "price": {"role": "amount"},
    "tip": {"role": "amount"},
}


def of(**section: object) -> Schema:
    return Schema.from_dict(small(fields=FIELDS, history=section))


def test_without_a_section_the_defaults_hold():
    plan = Schema.from_dict(small(fields=FIELDS)).history_plan
    assert [entity.field for entity in plan.entities] == ["card", "shop", "mail", "net"]
    assert [amount.field for amount in plan.amounts] == ["price", "tip"]
    assert [window.text for window in plan.windows] == ["1h", "1d", "7d", "30d"]
    assert [(pair.first, pair.second) for pair in plan.pairs] == [("card", "shop"), ("card", "mail"), ("shop", "mail")]


@pytest.mark.parametrize(
    "section",
    [
        {},
        {"windows": []},
        {"windows": ["90m", "2d"], "entities": ["net", "card"], "amounts": [], "pairs": []},
        {"amounts": ["tip"], "pairs": [["net", "card"]]},
    ],
)
def test_the_section_survives_the_way_through_json(section):
    schema = of(**section)
    again = Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again == schema
    assert again.history_plan.id == schema.history_plan.id


def test_a_plan_follows_its_section_in_the_order_of_the_schema():
    plan = of(windows=["90m", "2d"], entities=["net", "card"], amounts=["tip"], pairs=[["net", "card"]]).history_plan
    assert [entity.field for entity in plan.entities] == ["card", "net"]
    assert [amount.field for amount in plan.amounts] == ["tip"]
    assert [(window.text, window.length) for window in plan.windows] == [("90m", 90 * MINUTE), ("2d", 2 * DAY)]
    assert [(pair.first, pair.second) for pair in plan.pairs] == [("net", "card")]


@pytest.mark.parametrize("section", [{"windows": []}, {"windows": [], "pairs": []}])
def test_no_windows_mean_no_history(section):
    plan = of(**section).history_plan
    assert (plan.names, plan.entities, plan.worst_bytes) == ((), (), 0)


def test_a_schema_without_entities_has_no_history():
    assert Schema.from_dict(small(fields={"amount": {"role": "amount"}})).history_plan.names == ()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"window": ["1h"]}, "history.window: unknown key; expected one of amounts, entities, pairs, windows"),
        ({"windows": "1h"}, "history.windows: expected a list such as"),
        ({"windows": ["an hour"]}, "history.windows[0]: expected a number of days, hours or minutes"),
        ({"windows": ["0d"]}, "history.windows[0]: expected a window from 1m to 400d"),
        ({"windows": ["1h", "401d"]}, "history.windows[1]: expected a window from 1m to 400d"),
        ({"windows": ["1d", "1h"]}, "history.windows: expected each window to be longer than the one before it"),
        ({"windows": ["60m", "1h"]}, "history.windows: expected each window to be longer than the one before it"),
        ({"windows": [f"{n}h" for n in range(1, 8)]}, "history.windows: expected at most 6 windows"),
        ({"entities": []}, "history.entities: expected a list"),
        ({"entities": ["customer"]}, "history.entities[0]: expected a field of role entity, email or ip, not customer"),
        ({"entities": ["card", "kind"]}, "history.entities[1]: expected a field of role entity, email or ip, not kind"),
        ({"entities": ["card", "card"]}, "history.entities[1]: card is there twice"),
        ({"amounts": ["card"]}, "history.amounts[0]: expected a field of role amount, not card"),
        ({"pairs": ["card", "shop"]}, "history.pairs[0]: expected a list"),
        ({"pairs": [["card"]]}, "history.pairs[0]: expected a list"),
        ({"pairs": [["card", "shop", "net"]]}, "history.pairs[0]: expected two texts"),
        ({"pairs": [["card", "kind"]]}, "history.pairs[0]: expected two of the entities with history (card, shop,"),
        ({"pairs": [["card", "card"]]}, "history.pairs[0]: expected two different entities, not card twice"),
        ({"pairs": [["card", "shop"], ["shop", "card"]]}, "history.pairs[1]: shop and card are a pair already"),
        ({"entities": ["card", "net"], "pairs": [["card", "shop"]]}, "history.pairs[0]: expected two of the entities"),
    ],
)
def test_a_contradiction_is_named_by_its_path(section, message):
    with pytest.raises(SchemaError) as error:
        of(**section)
    assert message in str(error.value)


def test_too_many_entities_are_refused_by_name_and_left_out_by_default():
    fields = {f"e{i}": {"role": "entity"} for i in range(20)}
    assert len(Schema.from_dict(small(fields=fields)).history_plan.entities) == 16
    with pytest.raises(SchemaError, match=r"history\.entities: expected at most 16"):
        Schema.from_dict(small(fields=fields, history={"entities": list(fields)}))


def test_a_history_feature_may_not_have_the_name_of_a_field():
    with pytest.raises(SchemaError, match="card_count_1h is used for two things"):
        Schema.from_dict(small(fields=FIELDS | {"card_count_1h": {"role": "number"}}))


@pytest.mark.parametrize(
    ("fields", "shorts"),
    [
        (("card_id", "TERMINAL_ID", "ID"), ["card", "TERMINAL", "ID"]),
        (("card_id", "card"), ["card_id", "card"]),
        (("card_id", "card_ID"), ["card_id", "card_ID"]),
        (("_id", "paid"), ["_id", "paid"]),
    ],
)
def test_entities_lose_their_id_in_names_where_that_is_clear(fields, shorts):
    schema = Schema.from_dict(small(fields={name: {"role": "entity"} for name in fields}))
    assert [entity.short for entity in schema.history_plan.entities] == shorts


def test_names_come_by_entity_and_kind_then_pairs():
    assert shop(history={"windows": ["1h", "7d"]}).history_plan.names == (
        "card_count_1h", "card_count_7d", "card_amount_sum_1h", "card_amount_sum_7d", "card_amount_mean_1h",
        "card_amount_mean_7d", "amount_vs_card_mean_1h", "amount_vs_card_mean_7d", "amount_vs_card_spread",
        "card_seconds_since_last", "card_seconds_known", "card_risk_7d", "card_fraud_amount_7d", "card_frauds_7d",
        "card_seconds_since_fraud", "card_seconds_since_first_fraud",
        "till_count_1h", "till_count_7d", "till_amount_sum_1h", "till_amount_sum_7d", "till_amount_mean_1h",
        "till_amount_mean_7d", "amount_vs_till_mean_1h", "amount_vs_till_mean_7d", "amount_vs_till_spread",
        "till_seconds_since_last", "till_seconds_known", "till_risk_7d", "till_fraud_amount_7d", "till_frauds_7d",
        "till_seconds_since_fraud", "till_seconds_since_first_fraud",
        "card_new_till", "card_distinct_till", "till_distinct_card",
    )  # fmt: skip


def test_the_id_of_a_plan_changes_with_what_its_counters_mean_and_with_nothing_else():
    plan = shop().history_plan
    assert shop(holdout=0.3, name="other", thresholds={"review": 0.1}).history_plan.id == plan.id
    for change in (
        {"label_delay": "3d"},
        {"history": {"windows": ["1h"]}},
        {"history": {"entities": ["card_id"]}},
        {"history": {"amounts": []}},
        {"history": {"pairs": []}},
    ):
        assert shop(**change).history_plan.id != plan.id, change
