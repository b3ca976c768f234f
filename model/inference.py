"""What the serving container runs: loads the model, answers rows of features, and says clearly what was wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from model.contract import Contract, ContractError
from model.forest import Forest

MOST_ROWS = 10_000
LARGEST = 1e30  # of a number; far below the largest of the trees' 32 bits
MOST_WALKED = 2  # rows; a call of XGBoost's takes as long as two or three walks, and every further row almost nothing
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
    forest: Forest  # the same trees, which answer to the last bit alike


def model_fn(model_dir: str) -> Model:
    directory = Path(model_dir)
    trees = (directory / "trees.json").read_bytes()
    booster = xgboost.Booster()
    booster.load_model(bytearray(trees))
    booster.set_param({"nthread": 1})  # one row does not feed two threads, and starting them costs more than it saves
    contract = Contract.from_json((directory / "contract.json").read_bytes())
    if booster.feature_names != list(contract.features):
        raise ContractError("the trees were trained on other features than the contract names")
    return Model(contract, booster, Forest.from_json(trees))


def transform_fn(model: Model, body: str | bytes, content_type: str, _accept: str) -> Any:
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
    rows = _rows(model.contract, request)
    probabilities = predict(model, rows)
    predictions: list[dict[str, Any]] = [{"fraud_probability": probability} for probability in probabilities]
    wanted = [i for i, p in enumerate(probabilities) if _wants(explain, model.contract, p)]
    for i, contributions in zip(wanted, contribute(model, [rows[i] for i in wanted]), strict=True):
        predictions[i]["contributions"] = contributions
    return {"model": model.contract.model, "predictions": predictions}


def predict(model: Model, rows: Sequence[Sequence[float]]) -> list[float]:
    """Of rows as Contract.encode makes them."""
    if len(rows) <= MOST_WALKED:
        log_odds = [model.forest.log_odds(row) for row in rows]
    else:
        matrix = np.asarray(rows, dtype=np.float32)
        log_odds = model.booster.inplace_predict(matrix, predict_type="margin", validate_features=False).tolist()
    return [model.contract.calibrate(value) for value in log_odds]


def contribute(model: Model, rows: Sequence[Sequence[float]]) -> list[dict[str, float]]:
    """TreeSHAP values in the log-odds of the answered probability: how far each feature moved it from the average."""
    if len(rows) == 0:
        return []
    names = list(model.contract.features)
    matrix = xgboost.DMatrix(np.asarray(rows, dtype=np.float32), feature_names=names, nthread=1)
    values = model.booster.predict(matrix, pred_contribs=True)
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


def _rows(contract: Contract, request: dict[str, Any]) -> list[list[float]]:
    if request.get("features") != list(contract.features):
        raise RequestError(422, "features_differ", "the features' names or order differ from the contract", "features")
    rows = request["rows"]
    if len(rows) > MOST_ROWS:
        raise RequestError(422, "too_many_rows", f"at most {MOST_ROWS} rows per call", "rows")
    return [_encode(contract, row, index) for index, row in enumerate(rows)]


def _encode(contract: Contract, row: Any, index: int) -> list[float]:
    if not isinstance(row, list) or len(row) != len(contract.features):
        raise RequestError(422, "wrong_length", f"row {index} must have {len(contract.features)} values", "rows")
    texts = contract.categories
    return [  # most values are plain numbers, and a call for each would take half as long as the walk
        value if type(value) is float and abs(value) <= LARGEST and name not in texts else _value(contract, name, value)
        for name, value in zip(contract.features, row, strict=True)
    ]


def _value(contract: Contract, name: str, value: Any) -> float:
    if value is None:
        return math.nan
    if name in contract.categories:
        if not isinstance(value, str):
            raise RequestError(422, "not_a_category", "must be a text or null", name)
    elif isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise RequestError(422, "not_a_number", "must be a finite number or null", name)
    return contract.encode_one(name, value)
