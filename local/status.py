"""What runs of a local stack, and what has died and why."""

from botocore.exceptions import BotoCoreError, ClientError

from local import control, explain, report, watch
from local import stack as stacks
from local.home import Home, last_lines

WELL, FAILED, NOTHING = 0, 1, 3


def status(home: Home) -> int:
    """Print it; 0 all is well, 1 something died or does not serve, 3 nothing runs."""
    known, server = control.known(home), control.running(home)
    if known is None:
        print("nothing runs: `make up` starts it")
        return NOTHING
    if server is None:
        print(f"the server (pid {known.pid}) has died without being stopped; its last words:")
        print(last_lines(home.server_log))
        print("`make up` starts it again with its state")
        return FAILED
    if not control.healthy(server):
        print(f"the server (pid {server.pid}) does not answer on {server.url}, see {home.shown(home.server_log)}")
        return FAILED
    print(f"AWS on this machine: {server.url} (pid {server.pid})")
    stack = stacks.read(home.stack)
    if stack is None:
        print("no stack is deployed: `make up` does it")
        return FAILED
    return _model(home, stack)


def _model(home: Home, stack: stacks.Stack) -> int:
    try:
        facts = watch.look(stack, watch.dead_letter_queues(stack), None)
    except (BotoCoreError, ClientError) as error:
        print(f"stack {stack.stack_name} does not answer: {error}")
        return FAILED
    endpoint = facts.endpoint["EndpointStatus"] if facts.endpoint else "none"
    serves = facts.live is not None and endpoint == "InService"
    print(f"live model: {facts.live or 'none yet'}, endpoint {stack.endpoint_name}: {endpoint}")
    if facts.endpoint and facts.endpoint.get("FailureReason"):
        print(f"  {facts.endpoint['FailureReason']}")
    if facts.job:
        job = facts.job
        reason = f": {explain.failure(stack, job)}" if job["TrainingJobStatus"] in ("Failed", "Stopped") else ""
        print(f"newest training job: {job['TrainingJobName']}: {job['TrainingJobStatus']}{reason}")
    for function, count in facts.dead_letters.items():
        if count:
            print(f"{count} message(s) that the {function} function could not handle wait in its dead-letter queue")
    print(report.addresses(home, stack))
    return WELL if serves else FAILED
