"""What the serving container runs: loads the model, answers rows of features, and says clearly what was wrong."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from model.contract import Contract, ContractError

MOST_ROWS = 10_000
EXPLAIN = ("none", "flagged", "all")


class RequestError(Exception):
    """The request cannot be answered; becomes a 4xx with this code, message and field."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.field = status, code, field


@dataclass(frozen=True)
class Model:
    contract: Contract
    booster: xgboost.Booster


def model_fn(model_dir: str) -> Model:
    directory = Path(model_dir)
    booster = xgboost.Booster()
    booster.load_model(directory / "trees.json")
    booster.set_param({"nthread": 1})  # one row does not feed two threads, and starting them costs more than it saves
    contract = Contract.from_json((directory / "contract.json").read_bytes())
    if booster.feature_names != list(contract.features):
        raise ContractError("the trees were trained on other features than the contract names")
    return Model(contract, booster)


def transform_fn(model: Model, body: str | bytes, content_type: str, accept: str) -> Any:  # noqa: ARG001 (the container passes it)
    import flask  # the container has it; tests of predictions and the command line do without

    try:
        status, answer = 200, respond(model, body, content_type)
    except RequestError as problem:
        error = {"code": problem.code, "message": str(problem), "field": problem.field}
        answer = {"error": error, "model": model.contract.model, "features": list(model.contract.features)}
        status = problem.status
    return flask.Response(json.dumps(answer), status=status, mimetype="application/json")


def respond(model: Model, body: str | bytes, content_type: str) -> dict[str, Any]:
    request = _parse(body, content_type)
    explain = request.get("explain", "none")
    if explain not in EXPLAIN:
        raise RequestError(422, "invalid_request", f"must be one of {', '.join(EXPLAIN)}", "explain")
    rows = _matrix(model.contract, request)
    probabilities = predict(model, rows)
    predictions: list[dict[str, Any]] = [{"fraud_probability": probability} for probability in probabilities]
    wanted = [i for i, p in enumerate(probabilities) if _wants(explain, model.contract, p)]
    for i, contributions in zip(wanted, contribute(model, rows[wanted]), strict=True):
        predictions[i]["contributions"] = contributions
    return {"model": model.contract.model, "predictions": predictions}


def predict(model: Model, rows: np.ndarray[Any, Any]) -> list[float]:
    if len(rows) == 0:
        return []
    log_odds = model.booster.inplace_predict(rows, predict_type="margin", validate_features=False)
    return [model.contract.calibrate(value) for value in log_odds.tolist()]


def contribute(model: Model, rows: np.ndarray[Any, Any]) -> list[dict[str, float]]:
    """TreeSHAP values in the log-odds of the answered probability: how far each feature moved it from the average."""
    if len(rows) == 0:
        return []
    names = list(model.contract.features)
    values = model.booster.predict(xgboost.DMatrix(rows, feature_names=names, nthread=1), pred_contribs=True)
    values = values[:, :-1] * model.contract.calibration.slope  # the last column is the average itself
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]


def _wants(explain: str, contract: Contract, probability: float) -> bool:
    return explain == "all" or (explain == "flagged" and contract.outcome(probability) != "approve")


def _parse(body: str | bytes, content_type: str) -> dict[str, Any]:
    if (content_type or "").split(";")[0].strip().lower() != "application/json":
        raise RequestError(415, "unsupported_media_type", "the content type must be application/json")
    try:
        request = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RequestError(400, "not_json", "the body is not JSON") from None
    if not isinstance(request, dict) or not isinstance(request.get("rows"), list):
        raise RequestError(400, "malformed", "expected an object with features and rows", "rows")
    return request


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _matrix(contract: Contract, request: dict[str, Any]) -> np.ndarray[Any, Any]:
    if request.get("features") != list(contract.features):
        raise RequestError(422, "features_differ", "the features' names or order differ from the contract", "features")
    rows = request["rows"]
    if len(rows) > MOST_ROWS:
        raise RequestError(422, "too_many_rows", f"at most {MOST_ROWS} rows per call", "rows")
    encoded = [_encode(contract, row, index) for index, row in enumerate(rows)]
    return np.asarray(encoded, dtype=np.float32).reshape(len(rows), len(contract.features))


def _encode(contract: Contract, row: Any, index: int) -> list[float]:
    if not isinstance(row, list) or len(row) != len(contract.features):
        raise RequestError(422, "wrong_length", f"row {index} must have {len(contract.features)} values", "rows")
    return [_value(contract, name, value) for name, value in zip(contract.features, row, strict=True)]


def _value(contract: Contract, name: str, value: Any) -> float:
    if value is None:
        return math.nan
    if name in contract.categories:
        if not isinstance(value, str):
            raise RequestError(422, "not_a_category", "must be a text or null", name)
    elif isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e30:
        raise RequestError(422, "not_a_number", "must be a finite number or null", name)
    return contract.encode_one(name, value)
