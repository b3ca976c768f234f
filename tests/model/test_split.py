"""Cutting by time, and the data that cannot be cut."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from model.schema import Schema
from model.training.problems import TrainingError
from model.training.split import part, split, validation
from model.training.table import Table
from tests.model.conftest import small

SCHEMA = Schema.from_dict(small())
HOUR = 3_600_000_000


def table(time, label) -> Table:
    size = len(time)
    return Table(
        ("f",),
        np.zeros(size, int),
        np.arange(size),
        pa.array(map(str, range(size))),
        np.array(time),
        np.array(label),
        np.array(time),
        {},
        {},
    )


def alternating(size):
    return [int(number % 2) for number in range(size)]


def test_the_holdout_is_the_latest_share_whatever_the_order_of_rows():
    time = np.random.default_rng(1).permutation(1000) * HOUR
    parts = split(SCHEMA, table(time, alternating(1000)))
    assert len(parts.holdout) == 200
    assert time[parts.fitting].max() < time[parts.holdout].min()
    assert len(parts.fitting) == 800


def test_equal_times_never_straddle_the_cut():
    time = np.repeat(np.arange(10), 30) * HOUR + np.repeat([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 30)
    time[200:260] = 8 * HOUR
    parts = split(SCHEMA, table(time, alternating(300)))
    assert time[parts.fitting].max() < time[parts.holdout].min()
    assert len(parts.fitting) + len(parts.holdout) == 300


def test_rows_younger_than_the_label_delay_are_left_out_of_fitting():
    schema = replace(SCHEMA, label_delay=timedelta(hours=100))
    unlabelled = [-1] * 100  # so that the others are as old as the delay
    parts = split(schema, table(np.arange(1100) * HOUR, alternating(1000) + unlabelled))
    assert (len(parts.fitting), len(parts.waiting), len(parts.holdout)) == (700, 100, 200)
    assert parts.waiting.min() == 700
    assert list(parts.mature) == list(range(1000))


def test_labels_younger_than_the_delay_are_neither_learned_from_nor_judged_by():
    """Nobody has complained yet; and their frauds without their legitimate neighbours would be worse than nothing."""
    schema = replace(SCHEMA, label_delay=timedelta(hours=100))
    parts = split(schema, table(np.arange(1101) * HOUR, alternating(1000) + [0] * 90 + [1] * 11))
    assert list(parts.immature) == list(range(1001, 1101))
    assert list(parts.mature) == list(range(1001))
    assert parts.holdout.max() == 1000


def test_a_delay_older_than_the_data_says_so():
    schema = replace(SCHEMA, label_delay=timedelta(days=365))
    with pytest.raises(TrainingError, match="the rows older than the label delay; 200 younger ones were left out"):
        split(schema, table(np.arange(200) * HOUR, alternating(200)))


def test_unlabelled_rows_take_no_part():
    label = np.array(alternating(1000))
    label[900:] = -1
    parts = split(SCHEMA, table(np.arange(1000) * HOUR, label))
    assert parts.holdout.max() == 899
    assert len(parts.holdout) == 180


def test_early_stopping_watches_the_latest_part_of_the_fitting_period():
    early, late = validation(np.arange(100)[::-1])
    assert (sorted(late), len(early)) == (list(range(20)), 80)


@pytest.mark.parametrize(
    ("time", "label", "message"),
    [
        (range(200), [-1] * 200, "no row has a label: the column 'fraud' is blank in all 200 rows"),
        (range(50), alternating(50), "too few rows: 50 are labelled, at least 100 are needed"),
        (range(200), [0] * 200, "no fraud at all: the column 'fraud' has only legitimate rows (200)"),
        (range(200), [1] * 200, "nothing but fraud: the column 'fraud' has no legitimate row (200)"),
        (
            range(200),
            [1] * 10 + [0] * 190,
            "one class only: the hold-out (the latest rows) has no fraud among its 40 rows",
        ),
        (range(200), [0] * 10 + [1] * 190, "one class only: the hold-out (the latest rows) has nothing but fraud"),
        (range(200), [0] * 170 + [0, 1] * 15, "one class only: the fitting period has no fraud among its 160 rows"),
        ([5] * 200, alternating(200), "too few rows: there are none in the fitting period"),
    ],
)
def test_data_that_cannot_be_learned_from_or_judged_is_refused(time, label, message):
    with pytest.raises(TrainingError) as error:
        split(SCHEMA, table(list(time), label))
    assert message in str(error.value)


def test_a_label_delay_that_leaves_nothing_says_so():
    schema = replace(SCHEMA, label_delay=timedelta(hours=120))
    with pytest.raises(TrainingError, match="none in the fitting period, after leaving out 64 rows of the label delay"):
        split(schema, table(np.arange(200) * HOUR, alternating(200)))


@pytest.mark.parametrize(
    ("chosen", "copied"), [([2, 3, 4], False), ([0], False), ([], True), ([2, 4], True), ([0, 2, 1, 3], True)]
)
def test_rows_that_stand_together_are_not_copied(chosen, copied):
    rows = np.arange(10).reshape(5, 2)
    found = part(rows, np.array(chosen, dtype=np.int64))
    assert found.tolist() == rows[chosen].tolist()
    assert np.shares_memory(found, rows) != copied


def test_what_is_learned_from_and_judged_on_stands_together_in_the_order_of_time():
    mixed = table(np.random.default_rng(2).permutation(400) * HOUR, [-1, 0, 1, 0] * 100)
    ordered = mixed.labelled_first()
    parts = split(SCHEMA, ordered)
    for chosen in (parts.fitting, parts.waiting, parts.holdout, parts.mature):
        assert np.shares_memory(part(ordered.time, chosen), ordered.time) == (len(chosen) > 0)
    assert sorted(ordered.row) == sorted(mixed.row)
    assert ordered.labelled_first() is ordered
