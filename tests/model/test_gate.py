"""Which models go live: recorded evaluations with the verdict and the reason that people read."""

import copy
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.document import Section
from model.gate import Facts, judge
from model.gate_schema import Gate
from model.schema import Schema, SchemaError, load
from tests.model.conftest import small

CASES = sorted((Path(__file__).parent / "gate").glob("*.json"))
GOOD = json.loads((Path(__file__).parent / "gate" / "as-good-as-the-model-that-serves.json").read_text())["evaluation"]
FIGURES = (
    ("data", "parts", "hold_out", "fraud"),
    ("metrics", "roc_auc"),
    ("metrics", "average_precision"),
    ("ranking", "roc_auc_interval", "low"),
    ("ranking", "roc_auc_interval", "high"),
    ("ranking", "recall_at_false_positive_rate", "0.01"),
    ("champion", "difference", "average_precision", "value"),
    ("champion", "difference", "average_precision", "low"),
    ("champion", "difference", "average_precision", "high"),
)
shares = st.floats(0, 1)


def changed(evaluation: dict, path: tuple[str, ...], value: object) -> dict:
    found = copy.deepcopy(evaluation)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


def verdict(evaluation: dict, gate: Gate | None = None, facts: Facts | None = None) -> dict:
    return judge(evaluation, gate or Gate(), facts or Facts(True, "fraud-old", False))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem.replace("-", " "))
def test_a_recorded_evaluation_gets_the_verdict_and_the_reason_that_people_read(path):
    case = json.loads(path.read_text("utf-8"))
    gate = Gate.from_section(Section(case["gate"], "gate"))
    found = judge(case["evaluation"], gate, Facts(True, case["serving"], case["schema_changed"]))
    assert (found["verdict"], found["reason"]) == (case["verdict"], case["reason"])


def test_the_verdict_tells_every_rule_with_its_figure_its_limit_and_its_outcome():
    found = verdict(changed(GOOD, ("champion", "difference", "average_precision", "value"), -0.05))
    assert {rule["rule"]: (rule["passed"], rule["value"], rule["limit"]) for rule in found["rules"]} == {
        "verified": (True, True, True),
        "fewest_frauds": (True, 54, 10),
        "better_than_guessing": (True, 0.998012, 0.5),
        "roc_auc": (True, 0.998012, 0.55),
        "average_precision": (True, 0.918224, 0),
        "recall_at_1_percent": (True, 0.944444, 0),
        "not_compared": (True, False, "allow"),
        "largest_loss": (True, -0.05, -0.02),
        "schema_change": (True, False, "allow"),
    }
    (loss,) = [rule for rule in found["rules"] if rule["rule"] == "largest_loss"]
    assert (loss["low"], loss["high"]) == (-0.011018, 0.007435)
    assert "0.05 lower than that of model fraud-old; chance allows -0.0110 to +0.0074" in loss["text"]
    assert (found["model"], found["serving"]) == ("fraud-new", "fraud-old")
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_an_artefact_that_is_not_verified_is_rejected_however_good_it_is():
    found = verdict(GOOD, facts=Facts(False, None, False))
    assert found["verdict"] == "reject"
    assert found["reason"] == "Its files and its contract are not what its training wrote."


@pytest.mark.parametrize("path", FIGURES, ids=".".join)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, None, True, "0.9", [], {}], ids=repr)
def test_a_figure_that_is_no_number_counts_as_not_known(path, value):
    gate = Gate(roc_auc=0.6, average_precision=0.1, recall_at_1_percent=0.1)
    found = verdict(changed(GOOD, path, value), gate)
    assert found["verdict"] == "reject" and "not known" in found["reason"]


@pytest.mark.parametrize("evaluation", [{}, {"metrics": [], "champion": 3, "data": "x", "ranking": None}])
def test_an_evaluation_of_another_form_is_rejected_and_breaks_nothing(evaluation):
    assert verdict(evaluation)["verdict"] == "reject"


def test_whoever_asks_for_nothing_gets_every_verified_model_through():
    gate = Gate(fewest_frauds=0, better_than_guessing=False, roc_auc=0)
    assert verdict({}, gate)["verdict"] == "pass"


@given(
    path=st.sampled_from(FIGURES),
    better=st.floats(0, 200),
    figures=st.lists(st.floats(-1, 1), min_size=len(FIGURES), max_size=len(FIGURES)),
    gate=st.builds(
        Gate,
        fewest_frauds=st.integers(0, 1),
        better_than_guessing=st.booleans(),
        roc_auc=shares,
        average_precision=shares,
        recall_at_1_percent=shares,
        largest_loss=shares,
        smallest_gain=st.none() | shares,
        not_compared=st.sampled_from(["allow", "refuse"]),
        schema_change=st.sampled_from(["allow", "refuse"]),
    ),
    facts=st.builds(Facts, st.just(True), st.none() | st.just("fraud-old"), st.booleans()),
)
def test_a_better_figure_never_turns_a_pass_into_a_rejection(path, better, figures, gate, facts):
    evaluation = GOOD
    for place, figure in zip(FIGURES, figures, strict=True):
        evaluation = changed(evaluation, place, figure)
    value = figures[FIGURES.index(path)]
    before, after = (judge(one, gate, facts) for one in (evaluation, changed(evaluation, path, value + better)))
    assert (before["verdict"], after["verdict"]) != ("pass", "reject")


def test_the_shipped_schema_asks_for_the_defaults():
    assert load().gate == Gate() == Schema.from_dict(small()).gate


def test_a_gate_survives_the_way_through_json():
    asked = {"fewest_frauds": "50", "better_than_guessing": "false", "roc_auc": "0.8", "smallest_gain": "0"}
    schema = Schema.from_dict(small(gate=asked | {"not_compared": "refuse", "schema_change": "refuse"}))
    assert schema.gate == Gate(50, False, 0.8, smallest_gain=0.0, not_compared="refuse", schema_change="refuse")
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"roc_auc": 80}, "gate.roc_auc: expected a number from 0 to 1"),
        ({"largest_loss": "-0.1"}, "gate.largest_loss: expected a number from 0 to 1"),
        ({"smallest_gain": "some"}, "gate.smallest_gain: expected a number from 0 to 1"),
        ({"fewest_frauds": -1}, "gate.fewest_frauds: expected a number from 0 to 1e+06"),
        ({"better_than_guessing": "maybe"}, "gate.better_than_guessing: expected true or false"),
        ({"not_compared": "accept"}, "gate.not_compared: expected one of allow, refuse"),
        ({"schema_change": "yes"}, "gate.schema_change: expected one of allow, refuse"),
        ({"auc": 0.8}, "gate.auc: unknown key; expected one of average_precision, better_than_guessing"),
        ("strict", "gate: expected a mapping"),
    ],
)
def test_a_mistake_in_the_gate_is_reported_with_its_path(document, message):
    with pytest.raises(SchemaError) as refused:
        Schema.from_dict(small(gate=document))
    assert str(refused.value).startswith(message)


def test_another_gate_is_no_other_reading_of_transactions():
    asked = Schema.from_dict(small(gate={"roc_auc": 0.9}))
    assert asked.reads_as(Schema.from_dict(small()))
    assert not asked.reads_as(Schema.from_dict(small(label_delay="3d")))
