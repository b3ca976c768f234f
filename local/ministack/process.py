"""MiniStack as a process: the application, its state on disk, its Lambda workers."""

from ministack import app as ministack_app
from ministack.core import lambda_runtime, persistence

asgi_app = ministack_app.app


def count_loopback_as_tls() -> None:
    """Nothing leaves the machine here, and a bucket policy that demands TLS would refuse every call."""
    pin = ministack_app.pin_request_origin
    ministack_app.pin_request_origin = lambda address, _secure: pin(address, True)


def save_state() -> None:
    """Write every service's state now; MiniStack itself does so only when it stops."""
    persistence.save_all(ministack_app._build_persistence_save_dict())


def stop_functions() -> None:
    """End the worker processes of all Lambda functions."""
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
        lambda_runtime._workers.clear()
    lambda_runtime.kill_workers(workers)
