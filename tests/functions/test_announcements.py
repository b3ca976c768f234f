"""People hear of each thing once, whoever else is about to tell them."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.aws.announcements import CLAIM_LASTS, LONGEST_SUBJECT, Announcer, Notice
from functions.aws.queue import Outcome
from tests.functions.conftest import BUCKET, stored

NOTICE = Notice("Live: model m", "It serves.")


@pytest.fixture
def announcer(s3, sns):
    """At a moment after all claims of this test have run out."""
    return Announcer(s3, sns, BUCKET, "topic", lambda: datetime.now(UTC) + CLAIM_LASTS + timedelta(minutes=1))


def test_what_was_said_is_not_said_again_however_late(announcer, sns):
    assert announcer.announce("runs/m/announced/live", NOTICE) is Outcome.DONE
    assert announcer.announce("runs/m/announced/live", NOTICE) is Outcome.DONE
    assert sns.subjects == ["Live: model m"]


def test_who_claimed_it_and_has_not_spoken_is_waited_for(s3, sns):
    announcer = Announcer(s3, sns, BUCKET, "topic", lambda: datetime.now(UTC))
    s3.put_object(Bucket=BUCKET, Key="runs/m/announced/live.claim", Body=b"")
    assert announcer.announce("runs/m/announced/live", NOTICE) is Outcome.LATER
    assert sns.subjects == []


def test_who_claimed_it_long_ago_has_crashed_and_is_stood_in_for(announcer, s3, sns):
    s3.put_object(Bucket=BUCKET, Key="runs/m/announced/live.claim", Body=b"")
    assert announcer.announce("runs/m/announced/live", NOTICE) is Outcome.DONE
    assert sns.subjects == ["Live: model m"]
    assert "runs/m/announced/live.json" in stored(s3)


def test_a_subject_becomes_what_the_topic_takes(announcer, sns):
    announcer.announce("one", Notice("Zwei Zeilen\nüber " + "x" * 200, "text"))
    (subject,) = sns.subjects
    assert subject.isascii() and "\n" not in subject and len(subject) <= LONGEST_SUBJECT
    assert subject.startswith("Zwei Zeilen ?ber")
