"""The contract: what a model says about itself."""

import json
import math

import pytest

from model.contract import Contract, ContractError


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
        ({"schema": {}}, "the contract's schema is wrong: "),
    ],
)
def test_an_unusable_contract_is_refused(text, change, message):
    with pytest.raises(ContractError, match=message):
        Contract.from_json(json.dumps(json.loads(text) | change))


@pytest.mark.parametrize("broken", ["", "[]", "null", '{"format": 1}', b"\xff\xfe", "{"])
def test_what_is_no_contract_is_refused(broken):
    with pytest.raises(ContractError, match="the contract"):
        Contract.from_json(broken)
