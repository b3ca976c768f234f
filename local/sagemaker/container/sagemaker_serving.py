"""The serving half of the XGBoost container's script mode: /ping and /invocations around the model's own functions."""

import importlib
import os
from types import ModuleType
from typing import Any

import flask

TEXT = ("application/json", "text/csv")  # exactly these reach the model's functions as str


class UserError(Exception):
    """The model's code lacks what the container asks of it."""


class Model:
    """The model's functions and what `model_fn` made; loaded by a worker's first request, as in AWS."""

    def __init__(self, program: str, directory: str) -> None:
        self._program = program.removesuffix(".py")
        self._directory = directory
        self._code: ModuleType | None = None
        self._model: Any = None

    def load(self) -> None:
        if self._code is None:
            code = importlib.import_module(self._program)
            if not hasattr(code, "model_fn"):
                raise UserError("Please provide a model_fn implementation.")
            if hasattr(code, "transform_fn") and any(
                hasattr(code, name) for name in ("input_fn", "predict_fn", "output_fn")
            ):
                raise UserError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
            self._model = code.model_fn(self._directory)
            self._code = code

    def answer(self, body: str | bytes, content_type: str, accept: str) -> Any:
        self.load()
        if hasattr(self._code, "transform_fn"):
            return self._function("transform_fn")(self._model, body, content_type, accept)
        data = self._function("input_fn")(body, content_type)
        return self._function("output_fn")(self._function("predict_fn")(data, self._model), accept)

    def _function(self, name: str) -> Any:
        function = getattr(self._code, name, None)
        if function is None:
            # The container has defaults for built-in models; a project that relies on them cannot be tried here.
            raise UserError(f"Please provide a {name} implementation.")
        return function


def create_app(program: str, directory: str, default_accept: str) -> flask.Flask:
    app = flask.Flask(__name__)
    model = Model(program, directory)

    @app.get("/ping")
    def ping() -> flask.Response:
        model.load()
        return flask.Response(status=200)

    @app.post("/invocations")
    def invocations() -> flask.Response:
        request = flask.request
        content_type = request.headers.get("Content-Type") or "application/json"
        accept = request.headers.get("Accept") or "*/*"
        if "*/*" in accept:
            accept = default_accept
        body = request.get_data(as_text=True) if content_type in TEXT else request.get_data()
        result = model.answer(body, content_type, accept)
        if isinstance(result, flask.Response):
            return result
        if isinstance(result, tuple):
            return flask.Response(response=result[0], mimetype=result[1])
        return flask.Response(response=result, mimetype=accept)

    return app


def application() -> flask.Flask:
    """What gunicorn calls in every worker."""
    return create_app(
        os.environ.get("SAGEMAKER_PROGRAM", ""),
        os.environ["SM_MODEL_DIR"],
        os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json"),
    )
