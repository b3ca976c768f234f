"""The breaker as a table of what happens and whether the endpoint is asked then."""

import pytest

from functions.score.breaker import MOST_FAILURES, PAUSE, Breaker

FAIL, SUCCEED, WAIT, ASK = "fails", "succeeds", "waits", "asks"
OPEN = [FAIL] * MOST_FAILURES


@pytest.mark.parametrize(
    ("events", "is_asked"),
    [
        ([], True),
        (OPEN[1:], True),
        (OPEN, False),
        ([*OPEN[1:], SUCCEED, FAIL], True),
        ([*OPEN, WAIT], True),
        ([*OPEN, WAIT, ASK], False),  # while one tries it
        ([*OPEN, WAIT, ASK, SUCCEED], True),
        ([*OPEN, WAIT, ASK, SUCCEED, *OPEN[1:]], True),
        ([*OPEN, WAIT, ASK, SUCCEED, *OPEN], False),
        ([*OPEN, WAIT, ASK, FAIL], False),
        ([*OPEN, WAIT, ASK, FAIL, WAIT], True),
        ([*OPEN, WAIT, ASK, WAIT], True),  # nothing was heard of the one that tried
        ([*OPEN, FAIL], False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_whether_the_endpoint_is_asked_follows_from_what_happened(events, is_asked):
    seconds = [50.0]
    breaker = Breaker(lambda: seconds[0])
    for event in events:
        if event == WAIT:
            seconds[0] += PAUSE
        elif event == ASK:
            assert breaker.lets_through()
        elif event == FAIL:
            breaker.on_failure()
        else:
            breaker.on_success()
    assert breaker.lets_through() is is_asked


def test_a_pause_lasts_to_its_end():
    seconds = [50.0]
    breaker = Breaker(lambda: seconds[0])
    for _ in OPEN:
        breaker.on_failure()
    seconds[0] += PAUSE - 0.001
    assert not breaker.lets_through()
    seconds[0] += 0.001
    assert breaker.lets_through()


def test_only_the_failure_too_many_says_so():
    breaker = Breaker(lambda: 0.0)
    said = [breaker.on_failure() for _ in range(MOST_FAILURES + 2)]
    assert said == [False] * (MOST_FAILURES - 1) + [True, False, False]
