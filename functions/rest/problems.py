"""What the API answers when it does not answer with a decision: one class per cause, one form for all."""

from __future__ import annotations

from typing import Any

UNAVAILABLE = 503


class ProblemError(Exception):
    """Becomes {"error": {code, message, field}} with this status. The message never repeats a value that was sent."""

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.field, self.retry_after = field, retry_after

    @property
    def document(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


def invalid_json(message: str, field: str | None = None) -> ProblemError:
    return ProblemError(400, "invalid_json", message, field)


def too_large(limit: int) -> ProblemError:
    return ProblemError(400, "too_large", f"The body is larger than {limit} bytes.")


def invalid_field(field: str, message: str) -> ProblemError:
    return ProblemError(422, "invalid_field", message, field)


def other_content() -> ProblemError:
    message = "A decision with this id exists, and it was made on other content."
    return ProblemError(409, "other_content", message, "transaction_id")


def not_found(message: str, field: str | None = None) -> ProblemError:
    return ProblemError(404, "not_found", message, field)


def no_model() -> ProblemError:
    return ProblemError(UNAVAILABLE, "no_model", "No model serves yet. Try again later.", retry_after=30)


def unavailable(what: str) -> ProblemError:
    return ProblemError(UNAVAILABLE, "unavailable", f"The {what} cannot be reached. Try again.", retry_after=2)


def no_time() -> ProblemError:
    return ProblemError(UNAVAILABLE, "unavailable", "There was no time left for it. Try again.", retry_after=2)
