"""Serving, through the same call that the container makes, inside a Flask request."""

import json

import flask
import numpy as np
import pytest
import xgboost

from model import features, inference
from model.contract import ContractError
from tests.model.payloads import CARD_PAYMENT


@pytest.fixture
def ask(served):
    """Sends a body to transform_fn as the container would; answers (status, document)."""
    app = flask.Flask("container")

    def ask(body, content_type="application/json"):
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        with app.test_request_context():
            response = inference.transform_fn(served, sent, content_type, "*/*")
        assert response.mimetype == "application/json"
        return response.status_code, response.get_json()

    return ask


@pytest.fixture
def computed(served):
    schema = served.contract.schema
    return features.compute(schema, schema.validate(CARD_PAYMENT))


def request(computed, **changes):
    return {"features": list(computed), "rows": [list(computed.values())], "explain": "none"} | changes


def test_a_row_gets_the_probability_that_xgboost_gives(ask, served, computed, model_dir):
    status, answer = ask(request(computed))
    booster = xgboost.Booster()
    booster.load_model(model_dir / "trees.json")
    row = np.array([served.contract.encode(computed)], dtype=np.float32)
    expected = booster.predict(xgboost.DMatrix(row, feature_names=list(computed)))[0]
    assert status == 200
    odds = np.log(expected / (1 - expected))
    assert answer["model"] == served.contract.model
    assert answer["predictions"] == [{"fraud_probability": pytest.approx(served.contract.calibrate(odds), abs=1e-6)}]


def test_several_rows_are_answered_in_order(ask, computed):
    cheap = list((computed | {"amount": 0.5, "hour": 12.0}).values())
    _, answer = ask(request(computed, rows=[list(computed.values()), cheap, list(computed.values())]))
    first, second, third = (prediction["fraud_probability"] for prediction in answer["predictions"])
    assert first == third != second


def test_rows_by_themselves_get_to_the_last_bit_what_they_get_among_others(served):
    """A few rows are walked, many are given to XGBoost."""
    random = np.random.default_rng(5)
    rows = random.choice([0.0, 1.0, 24.5, 3e6, -7.25, np.nan], (200, len(served.contract.features))).tolist()
    together = inference.predict(served, rows)
    assert [inference.predict(served, [row]) for row in rows] == [[one] for one in together]
    assert inference.predict(served, rows[: inference.MOST_WALKED]) == together[: inference.MOST_WALKED]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_text_and_bytes_are_both_understood(ask, computed, content_type):
    body = json.dumps(request(computed))
    assert ask(body, content_type) == ask(body.encode(), content_type)


def test_contributions_add_up_to_the_log_odds(ask, served, computed):
    _, answer = ask(request(computed, explain="all"))
    (prediction,) = answer["predictions"]
    assert list(prediction["contributions"]) == list(served.contract.features)
    row = xgboost.DMatrix(np.array([served.contract.encode(computed)], np.float32), feature_names=list(computed))
    average = float(served.booster.predict(row, pred_contribs=True)[0][-1])
    odds = np.log(prediction["fraud_probability"] / (1 - prediction["fraud_probability"]))
    platt = served.contract.calibration
    expected = platt.slope * average + platt.intercept
    assert sum(prediction["contributions"].values()) + expected == pytest.approx(odds, abs=1e-3)


def test_only_flagged_rows_are_explained_when_asked_so(ask, served, computed):
    daily = {"amount": 12.0, "hour": 13.0, "is_night": 0.0, "channel": "contactless", "merchant_category": "groceries"}
    usual = {"email_domain": "example.com", "email_tld": "com", "email_length": 11.0, "email_digits": 3 / 11}
    harmless = list((computed | daily | usual).values())
    _, answer = ask(request(computed, rows=[harmless, list(computed.values())], explain="flagged"))
    outcomes = [served.contract.outcome(prediction["fraud_probability"]) for prediction in answer["predictions"]]
    assert outcomes[0] == "approve" != outcomes[1]
    assert "contributions" not in answer["predictions"][0]
    assert answer["predictions"][1] == ask(request(computed, explain="all"))[1]["predictions"][0]


def test_missing_and_unknown_values_are_scored(ask, computed):
    status, answer = ask(request(computed, rows=[[None] * len(computed)], explain="all"))
    assert status == 200
    assert 0 < answer["predictions"][0]["fraud_probability"] < 1


def test_no_rows_get_no_predictions(ask, computed):
    assert ask(request(computed, rows=[]))[1]["predictions"] == []


def changed(computed, name, value):
    return {"rows": [list((computed | {name: value}).values())]}


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        (lambda c: {"features": list(c)[::-1]}, 422, "features_differ", "features"),
        (lambda c: {"features": list(c)[1:]}, 422, "features_differ", "features"),
        (lambda c: {"features": None}, 422, "features_differ", "features"),
        (lambda c: {"rows": [list(c.values())[1:]]}, 422, "wrong_length", "rows"),
        (lambda c: {"rows": ["text"]}, 422, "wrong_length", "rows"),
        (lambda c: {"rows": [{}]}, 422, "wrong_length", "rows"),
        (lambda c: {"rows": [[]] * 10_001}, 422, "too_many_rows", "rows"),
        (lambda c: changed(c, "amount", "12"), 422, "not_a_number", "amount"),
        (lambda c: changed(c, "amount", True), 422, "not_a_number", "amount"),
        (lambda c: changed(c, "amount", [1]), 422, "not_a_number", "amount"),
        (lambda c: changed(c, "amount", 10**400), 422, "not_a_number", "amount"),
        (lambda c: changed(c, "channel", 3), 422, "not_a_category", "channel"),
        (lambda c: changed(c, "channel", {}), 422, "not_a_category", "channel"),
        (lambda c: {"explain": "maybe"}, 422, "invalid_request", "explain"),
        (lambda c: {"explain": []}, 422, "invalid_request", "explain"),
        (lambda c: {"rows": None}, 400, "malformed", "rows"),
    ],
)
def test_a_bad_request_is_a_4xx_that_names_the_field_and_the_contract(
    ask, served, computed, change, status, code, field
):
    found, answer = ask(request(computed, **change(computed)))
    assert (found, answer["error"]["code"], answer["error"]["field"]) == (status, code, field)
    assert answer["error"]["message"]
    assert answer["features"] == list(served.contract.features)
    assert answer["model"] == served.contract.model


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[]", "3", b"\xff\xfe", "[" * 100_000, '{"rows": [[NaN]]}', '{"rows": [[Infinity]]}', "9" * 5000],
)
def test_what_is_not_our_json_is_a_400(ask, body):
    status, answer = ask(body)
    assert (status, answer["error"]["code"] in ("not_json", "malformed")) == (400, True)


@pytest.mark.parametrize("content_type", ["text/csv", "", None, "application/x-npy"])
def test_another_content_type_is_a_415(ask, computed, content_type):
    status, answer = ask(request(computed), content_type)
    assert (status, answer["error"]["code"]) == (415, "unsupported_media_type")


def test_loading_twice_gives_the_same_answers(served, model_dir, computed):
    again = inference.model_fn(str(model_dir))
    body = json.dumps(request(computed, explain="all"))
    assert inference.respond(again, body, "application/json") == inference.respond(served, body, "application/json")


def test_trees_and_contract_that_do_not_belong_together_are_not_served(model_dir, tmp_path):
    contract = json.loads((model_dir / "contract.json").read_text())
    contract["features"].reverse()
    (tmp_path / "contract.json").write_text(json.dumps(contract))
    (tmp_path / "trees.json").write_bytes((model_dir / "trees.json").read_bytes())
    with pytest.raises(ContractError, match="other features"):
        inference.model_fn(str(tmp_path))
