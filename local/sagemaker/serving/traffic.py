"""Which fleet answers a request: the one that serves, or for a share of the traffic the one that is to follow it."""

import random

from local.sagemaker.serving.fleet import Fleet


class Traffic:
    def __init__(self) -> None:
        self._serving: dict[str, Fleet] = {}
        self._following: dict[str, tuple[Fleet, float]] = {}

    def choose(self, endpoint: str) -> Fleet | None:
        following, share = self._following.get(endpoint, (None, 0.0))
        if following is not None and random.random() < share:  # noqa: S311 (spreads requests)
            return following
        return self._serving.get(endpoint)

    def give(self, endpoint: str, fleet: Fleet, share: float) -> None:
        self._following[endpoint] = (fleet, share)

    def take_back(self, endpoint: str) -> None:
        self._following.pop(endpoint, None)

    def hand_over(self, endpoint: str, fleet: Fleet) -> Fleet | None:
        """All of it, for good; answers the fleet that served so far."""
        self.take_back(endpoint)
        old, self._serving[endpoint] = self._serving.get(endpoint), fleet
        return old

    def end(self, endpoint: str) -> Fleet | None:
        return self._serving.pop(endpoint, None)

    def fleets(self) -> list[Fleet]:
        return list(self._serving.values())
