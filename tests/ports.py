"""Ports for servers that tests start, stop and start again."""

import random

from local.listeners import is_free

# Below the range that the system gives to outgoing connections, or one of those could sit on the port in between.
RANGE = range(20_000, 30_000)


def free_port() -> int:
    return next(port for port in random.sample(RANGE, 200) if is_free(port))
