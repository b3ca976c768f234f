"""AWS's error codes and sentences. Callers match on them, so they are written once, here."""


class ApiError(Exception):
    """An answer that is not 2xx: code, message and HTTP status as AWS gives them."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members: dict[str, str | int] = {}  # beside the message


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def unsupported(what: str) -> ApiError:
    """AWS would accept this; we cannot do it and will not pretend to."""
    return invalid(f"{what} is not supported by the SageMaker of this machine.")


def unknown_operation() -> ApiError:
    return ApiError("UnknownOperationException")


def not_found(kind: str, arn: str) -> ApiError:
    return invalid(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ApiError:
    return invalid(f'Cannot create already existing {kind} "{arn}".')


def does_not_exist(kind: str, arn: str) -> ApiError:
    """As the model registry says it."""
    return invalid(f"{kind} {arn} does not exist.")


def no_such_group() -> ApiError:
    return invalid("Model Package Group does not exist.")


def group_exists(arn: str) -> ApiError:
    return invalid(f"Model Package Group already exists: {arn}")


def conflict(message: str) -> ApiError:
    return ApiError("ConflictException", message)


def endpoint_busy(arn: str) -> ApiError:
    return invalid(f'Cannot update in-progress endpoint "{arn}".')


def no_such_resource() -> ApiError:
    return invalid("Requested resource not found.")


def job_exists(arn: str) -> ApiError:
    return ApiError(
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, "
        f"and a training job with this name already exists ({arn})",
    )


def limit_exceeded(quota: str, limit: int, used: int, wanted: int, unit: str = "Instances") -> ApiError:
    return ApiError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{quota}' is {limit} {unit}, with current utilization of {used} {unit} "
        f"and a request delta of {wanted} {unit}. Please use AWS Service Quotas to request an increase for this "
        "quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.",
    )
