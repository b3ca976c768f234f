"""Of models and configurations what is in use, on its way or fresh stays; the rest goes, whatever there is of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.aws import names
from functions.monitor.cleaning import Made, removable
from tests.functions.conftest import live_model, package_of, stored
from tests.functions.fakes import START

FIRST, SECOND, THIRD = (names.job("fraud", digit * 64) for digit in "123")
NAMES = "abcdefgh"


@st.composite
def collections(draw):
    found = draw(st.sets(st.sampled_from(NAMES)))
    made = [
        Made(name, START + timedelta(hours=draw(st.integers(0, 5))), draw(st.booleans()), draw(st.booleans()))
        for name in sorted(found)
    ]
    return draw(st.permutations(made)), frozenset(draw(st.sets(st.sampled_from(NAMES))))


@given(collections(), st.integers(0, 4))
def test_nothing_in_use_or_on_its_way_is_removed_and_all_else_beyond_the_last_ones_is(found, keep):
    made, in_use = found
    removed = set(removable(made, in_use, keep))
    stay = [one for one in made if one.name not in removed]
    assert not removed & in_use
    assert all(one.is_settled for one in made if one.name in removed)
    free = [one for one in stay if one.is_settled and one.name not in in_use]
    assert all(one.was_live for one in free) and len(free) <= keep
    served = [one for one in made if one.was_live]
    assert all(one.created >= other.created for one in free for other in served if other.name in removed)
    assert len([one for one in stay if one.was_live]) >= min(keep, len(served))


def test_of_many_models_the_last_ones_stay_ready(live, monitor, sagemaker, s3):
    jobs = [live(names.job("fraud", digit * 64)) for digit in "1234567"]
    packages, files = set(sagemaker.packages), stored(s3)
    monitor()
    assert set(sagemaker.models) == set(sagemaker.configs) == set(jobs[-3:])
    assert (set(sagemaker.packages), stored(s3)) == (packages, files)
    assert sagemaker.endpoint["EndpointConfigName"] == jobs[-1]


def test_a_removed_model_comes_back_when_it_is_approved_again(live, monitor, tell, sagemaker, s3):
    jobs = [live(names.job("fraud", digit * 64)) for digit in "12345"]
    monitor()
    detail = sagemaker.approve(package_of(sagemaker, jobs[0]))
    assert tell(detail)
    monitor()
    sagemaker.settle_endpoint()
    assert not tell(detail) and live_model(s3) == jobs[0]
    monitor()
    assert jobs[0] in sagemaker.configs and jobs[4] in sagemaker.models  # what serves, and what served before


@pytest.mark.parametrize("fate", ["RolledBack", "Failed"])
def test_a_model_that_never_served_is_removed_at_once(live, trained, deliver, monitor, sagemaker, fate):
    live(FIRST)
    trained(SECOND)
    deliver(SECOND)
    sagemaker.settle_endpoint(fate)
    assert monitor(minutes=1) == [] or fate == "Failed"
    assert SECOND in sagemaker.models  # its message has not been heard
    deliver(SECOND)
    monitor(minutes=1)
    assert SECOND not in sagemaker.models and SECOND not in sagemaker.configs


def test_models_of_others_are_never_removed(live, monitor, sagemaker):
    live(FIRST)
    stranger, neighbour = names.job("fraud", "8" * 64), names.job("fraud-eu", "9" * 64)
    for name in (stranger, neighbour):
        for kept in (sagemaker.models, sagemaker.configs):
            kept[name] = kept[FIRST] | {"CreationTime": sagemaker.clock() - timedelta(days=9)}
    sagemaker.models[stranger] = sagemaker.models[stranger] | {"Tags": []}
    sagemaker.configs[stranger] = sagemaker.configs[stranger] | {"Tags": []}
    monitor()
    assert {stranger, neighbour} <= set(sagemaker.models) and {stranger, neighbour} <= set(sagemaker.configs)
