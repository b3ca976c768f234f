"""The contract: what a model says about itself."""

import json
import math
from datetime import datetime

import pytest

from model.contract import Contract, ContractError, Platt


@pytest.fixture(scope="module")
def text(model_dir):
    return (model_dir / "contract.json").read_text()


def test_a_contract_survives_the_way_through_json(text):
    contract = Contract.from_json(text)
    assert Contract.from_json(contract.to_json().encode()) == contract
    assert contract.to_json() == text


def test_encoding_knows_categories_by_frequency_and_takes_the_unknown_as_missing(text):
    contract = Contract.from_json(text)
    first, second = contract.categories["channel"][:2]
    assert (contract.encode_one("channel", first), contract.encode_one("channel", second)) == (0.0, 1.0)
    assert math.isnan(contract.encode_one("channel", "pigeon"))
    assert math.isnan(contract.encode_one("channel", None))
    assert math.isnan(contract.encode_one("amount", None))
    assert contract.encode_one("amount", 12) == 12.0


def test_a_category_is_ordered_by_how_often_it_was_seen(text):
    assert Contract.from_json(text).categories["channel"][0] == "contactless"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "not of format 1"),
        ({"features": []}, "features are missing or named twice"),
        ({"features": ["amount", "amount"]}, "features are missing or named twice"),
        ({"categories": {"colour": ["red"]}}, "categories are not among its features"),
        ({"categories": []}, "incomplete or malformed"),
        ({"thresholds": {"review": 0.5, "block": 0.1}}, "thresholds are not in order"),
        ({"thresholds": {"review": 0.5}}, "incomplete or malformed"),
        ({"thresholds": {"review": float("nan"), "block": 1}}, "thresholds are not in order"),
        ({"score_map": [[0, 0]]}, "score map does not rise"),
        ({"score_map": [[0, 500], [1, 400]]}, "score map does not rise"),
        ({"score_map": [[0, 0], [0, 400]]}, "score map does not rise"),
        ({"score_map": [[0, 0], [1, 1001]]}, "score map does not rise"),
        ({"calibration": {"slope": 0, "intercept": 0}}, "calibration does not rise"),
        ({"calibration": {"slope": 1, "intercept": float("nan")}}, "calibration does not rise"),
        ({"calibration": {}}, "incomplete or malformed"),
        ({"schema": {}}, "the contract's schema is wrong: "),
    ],
)
def test_an_unusable_contract_is_refused(text, change, message):
    with pytest.raises(ContractError, match=message):
        Contract.from_json(json.dumps(json.loads(text) | change))


def test_a_calibration_moves_the_log_odds_along_a_line():
    platt = Platt(slope=2.0, intercept=-1.0)
    assert platt.probability(0.5) == 0.5
    assert platt.probability(1.0) == pytest.approx(math.e / (1 + math.e))
    assert (platt.probability(-1e9), platt.probability(1e9)) == (0.0, 1.0)


def test_without_a_calibration_the_log_odds_are_those_of_the_probability():
    for probability in (1e-9, 0.008, 0.5, 0.999):
        assert Platt().probability(math.log(probability / (1 - probability))) == pytest.approx(probability)


def test_the_contract_says_how_new_the_newest_row_is_that_was_learned_from(text, trained):
    until = datetime.fromisoformat(Contract.from_json(text).trained_until)
    shipped = json.loads((trained / "evaluation.json").read_text())["data"]["shipped"]
    assert until.replace(microsecond=0) == datetime.fromisoformat(shipped["to"])


@pytest.mark.parametrize("broken", ["", "[]", "null", '{"format": 1}', b"\xff\xfe", "{"])
def test_what_is_no_contract_is_refused(broken):
    with pytest.raises(ContractError, match="the contract"):
        Contract.from_json(broken)
