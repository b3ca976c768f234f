"""Brings a local stack up, step by step, until a model serves."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from local import control, deploy, invocation, report, seed, trial, watch
from local import origin as origins
from local.errors import LocalError
from local.home import Home
from local.origin import Origin
from local.progress import Progress


def up(home: Home, port: int, origin: Origin, stack_name: str) -> None:
    with alone(home):
        _up(home, port, origin, stack_name)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    home.lock.parent.mkdir(parents=True, exist_ok=True)
    with home.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError("another `make up` is at work here: wait until it has ended") from None
        try:
            yield
        finally:
            home.lock.unlink(missing_ok=True)


def _up(home: Home, port: int, origin: Origin, stack_name: str) -> None:
    progress = Progress()
    files = seed.files_of(origin, progress.say)
    start_over_if_needed(home, port, origin, progress)
    server = running_server(home, port, progress)
    origins.remember(home, origin)
    progress.show("sam build, sam deploy")
    stack = deploy.deploy(home, server.url, stack_name, progress.say)
    stack.write(home.stack)
    invocation.write_environment(stack, home.functions)

    dropped_at = datetime.now(UTC) - timedelta(seconds=1)  # SageMaker tells times in whole seconds
    keys = seed.drop(stack, origin.schema, files, again=watch.nothing_under_way(stack))
    if keys:
        progress.say(f"{len(keys)} file(s) dropped into s3://{stack.bucket}/{seed.TRANSACTIONS}")
    model = watch.until_live(home, stack, dropped_at if keys else None, progress)
    progress.say(f"model {model} serves on endpoint {stack.endpoint_name}")
    print(report.summary(home, stack, model, trial.score_some(stack, model, seed.to_score(files))))


def start_over_if_needed(home: Home, port: int, origin: Origin, progress: Progress) -> None:
    was = origins.differs(home, origin)
    if was is None:
        return
    control.stop(home)
    control.require_free(port)  # asked before the state is moved: a refused start must not cost it
    kept = origins.set_aside(home)
    progress.say(f"the state was made from {was}: kept in {home.shown(kept)}, starting over with {origin}")


def running_server(home: Home, port: int, progress: Progress) -> control.Server:
    server = control.running(home)
    if server is None:
        progress.show("starting")
        server = control.start(home, port)
        progress.say(f"AWS on this machine: {server.url} (pid {server.pid})")
        return server
    if server.port != port:
        raise LocalError(f"it runs on port {server.port} already: use PORT={server.port}, or `make down` first")
    if not control.healthy(server):
        raise LocalError(f"the server (pid {server.pid}) does not answer: `make down`, then try again")
    progress.say(f"AWS on this machine: {server.url} (pid {server.pid}), running already")
    return server
