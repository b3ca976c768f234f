"""Whatever order, number and company messages come in: in the end the newest good model serves, deployed once.

DEPLOY_HISTORIES says how many are lived through; a release is tried with 2,000.
"""

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from functions.deploy import handler as deploy
from functions.monitor import handler as monitor
from model.contract import Contract
from tests.functions.histories import CALM, KEPT, Trouble, World

HISTORIES = int(os.environ.get("DEPLOY_HISTORIES", "500"))
Action = tuple[Any, ...]

OPERATIONS = [
    "DescribeTrainingJob", "DescribeEndpoint", "DescribeEndpoint", "ListObjectsV2", "GetObject", "PutObject",
    "CreateModel", "CreateEndpointConfig", "DescribeEndpointConfig", "CreateEndpoint", "UpdateEndpoint",
    "CreateModelPackageGroup", "CreateModelPackage", "Publish", "ChangeMessageVisibility",
    "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "SendMessage",
]  # fmt: skip
FATES = ["healthy", "healthy", "healthy", "unhealthy", "rejected", "failed"]


def action(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.tuples(st.just(name), *arguments)


few = st.integers(0, 5)
troubles = st.builds(
    Trouble,
    st.sampled_from(["crash", "throttle", "meanwhile", "monitor", "lag"]),
    st.sampled_from(OPERATIONS),
    st.integers(1, 4),
    few,
)
train = action("train", st.sampled_from(FATES), st.sampled_from([0, 1, 1, 1, 2]))
deliver = action("deliver", few, st.just(CALM) | troubles)
actions = st.one_of(
    train, deliver, deliver, deliver, deliver, deliver, action("settle"), action("settle"),
    action("approve", few, st.integers(0, 2)),
    action("watch", st.just(CALM) | troubles),
    action("delete"),
    action("pause", st.sampled_from([3, 30])),
)  # fmt: skip
histories = st.tuples(st.lists(train, min_size=1, max_size=3), st.lists(actions, min_size=8, max_size=25)).map(
    lambda parts: parts[0] + parts[1]
)


# What has gone wrong once, as it was found.
OLDER_MESSAGE_AFTER_THE_ENDPOINT_WAS_DELETED: list[Action] = [
    ("train", "healthy", 1),
    ("train", "healthy", 1),
    ("deliver", 1),
    ("settle",),
    ("deliver", 1),
    ("delete",),
]
APPROVED_AGAIN_BETWEEN_LOOK_AND_STEP_OF_ANOTHER: list[Action] = [
    ("train", "healthy", 1),
    ("train", "healthy", 1),
    ("train", "healthy", 1),
    ("deliver", 0),
    ("settle",),
    ("approve", 0, 1),
    ("deliver", 0, Trouble("meanwhile", "CreateModel", 1, 2)),
]

CLEARED_AWAY_WHILE_IT_WAS_BROUGHT_BACK: list[Action] = [
    *4 * [("train", "healthy", 1), ("deliver", 0), ("settle",), ("deliver", 0)],
    ("approve", 0, 1),
    ("watch", Trouble("meanwhile", "DeleteEndpointConfig", 1, 0)),
]


def lived(history: list[Action]) -> World:
    """What happened, then calm, one run of the monitor, and calm again."""
    world = World()
    for name, *arguments in history:
        getattr(world, name)(*arguments)
    world.calm_down()
    world.pause(minutes=20)
    world.watch()
    world.calm_down()
    return world


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Without what takes most of the time and decides nothing here: lines of log, and reading one contract anew."""
    levels = [(one.logger, one.logger.log_level) for one in (deploy, monitor)]
    for logger, _ in levels:
        logger.setLevel("CRITICAL")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Contract, "from_json", cache(Contract.from_json))
        yield
    for logger, level in levels:
        logger.setLevel(level)


@pytest.mark.timeout(900)  # on a core that others use too
@settings(max_examples=HISTORIES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(histories)
@example(OLDER_MESSAGE_AFTER_THE_ENDPOINT_WAS_DELETED)
@example(APPROVED_AGAIN_BETWEEN_LOOK_AND_STEP_OF_ANOTHER)
@example(CLEARED_AWAY_WHILE_IT_WAS_BROUGHT_BACK)
def test_the_newest_good_model_serves_deployed_once_and_nothing_is_left_lying_about(history):
    world = lived(history)
    wanted = world.wanted()
    serves_it_alone(world, wanted)
    was_deployed_once(world, wanted)
    people_were_told_one_thing(world)
    nothing_is_left(world, wanted)


def serves_it_alone(world: World, wanted: str | None) -> None:
    endpoint = world.cloud.endpoint
    assert world.live() == wanted
    assert (endpoint and (endpoint["EndpointStatus"], endpoint["EndpointConfigName"])) == (
        wanted and ("InService", wanted)
    )


def was_deployed_once(world: World, wanted: str | None) -> None:
    """Once for its training, once for each approval, and once for each time that somebody deleted the endpoint."""
    approved = Counter(job for _, job in world.approvals)
    for job, turns in Counter(world.cloud.turned).items():
        retried = world.interruptions if world.fates[job] == "unhealthy" else 0
        assert turns <= 1 + approved[job] + world.deletions + retried, job


def people_were_told_one_thing(world: World) -> None:
    for job in world.fates:
        for folder, states in world.deployments(job).items():
            assert len(states & {"live", "rolled-back", "failed", "superseded", "rejected"}) <= 1, (job, folder, states)
    for subject, times in Counter(world.sns.subjects).items():
        job = subject.rpartition(" ")[2]
        deployments = len(world.deployments(job)) if job in world.fates else 1 + world.deletions
        assert times <= deployments + world.interruptions, subject


def nothing_is_left(world: World, wanted: str | None) -> None:
    world.pause(minutes=15)
    world.watch()
    kept = set(world.cloud.configs)
    assert kept == set(world.cloud.models)
    assert len(kept) <= KEPT + 2 and (wanted is None or wanted in kept)
    said, written = len(world.sns.published), dict(world.bucket.objects)
    world.pause(minutes=15)
    world.watch()
    assert (world.queue, len(world.sns.published), world.bucket.objects) == ([], said, written)
    assert kept == set(world.cloud.configs)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(20)))
def test_of_twenty_trainings_that_end_at_once_the_newest_ends_up_live(order):
    world = World()
    for _ in order:
        world.train("healthy", 1)
    world.queue = [world.queue[number] for number in order]
    world.calm_down()
    assert world.live() == list(world.fates)[-1]
    assert world.cloud.turned.count(world.live()) == 1
