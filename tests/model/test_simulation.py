"""The made-up world: repeatable, in the shipped schema's words, with fraud that has patterns."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from model.schema import load
from model.simulation import files, payments
from model.training.problems import Rejections
from model.training.table import read_files
from tests.model.conftest import run_model

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made():
    return payments.simulate(8000, 60, START, seed=3)


def test_it_makes_as_many_payments_as_asked_in_order_of_time(made):
    assert len(made) == 8000
    assert made == sorted(made, key=lambda payment: payment.time)
    assert made[0].time >= START
    assert (made[-1].time - START).days < 60


def test_about_one_payment_in_a_hundred_is_fraud_in_every_part_of_the_time(made):
    assert sum(payment.fraud for payment in made) == 80
    weeks = Counter((payment.time - START).days // 15 for payment in made if payment.fraud)
    assert min(weeks[part] for part in range(4)) >= 8


def test_people_have_daily_and_weekly_rhythms(made):
    hours = Counter(payment.time.hour for payment in made if not payment.fraud)
    assert hours[18] > 4 * hours[3]
    days = Counter(payment.time.weekday() for payment in made)
    assert days[5] > days[6]


def test_fraud_looks_different_but_not_absolutely(made):
    fraud = [payment for payment in made if payment.fraud]
    legit = [payment for payment in made if not payment.fraud]
    assert sum(payment.channel == "online" for payment in fraud) / len(fraud) > 0.5
    assert sum(payment.channel == "online" for payment in legit) / len(legit) > 0.1
    assert max(payment.amount for payment in legit) > min(payment.amount for payment in fraud)


def test_the_same_seed_makes_the_same_files_and_another_seed_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert (
            run_model("simulate", "--out", tmp_path / name, "--rows", 500, "--days", 20, "--seed", seed).returncode == 0
        )
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert contents[0] == contents[1] != contents[2]


def test_the_files_are_of_three_kinds_and_read_without_a_complaint(made, tmp_path):
    paths = files.write(made, tmp_path, seed=3)
    assert [path.name.split(".", 1)[1] for path in paths] == ["csv", "csv.gz", "parquet"]
    rejected = Rejections()
    table = read_files(load(), [(path.name, path) for path in paths], rejected)
    assert (len(table), rejected.rows) == (8000, [])
    assert "T" in paths[0].read_text().splitlines()[1].split(",")[1]
    assert paths[0].read_text().splitlines()[1].split(",")[1].endswith("Z")


def test_the_newest_days_have_no_labels_yet(made, tmp_path):
    table = read_files(load(), [(path.name, path) for path in files.write(made, tmp_path, seed=3)], Rejections())
    unlabelled = table.label == -1
    assert 300 < unlabelled.sum() < 1000
    assert table.time[unlabelled].min() > table.time[~unlabelled].max()


@pytest.mark.parametrize(("rows", "days"), [(100, 15), (100, 3650), (3000, 15)])
def test_small_and_sparse_worlds_can_be_made(rows, days):
    assert len(payments.simulate(rows, days, START, seed=1)) == rows


def test_the_last_days_can_be_kept_for_later_with_their_labels(made, tmp_path):
    def read(paths):
        return read_files(load(), [(path.name, path) for path in paths], Rejections())

    *earlier, later = files.write(made, tmp_path / "parts", 3, later=2)
    assert later.parent.name == "later"
    every_row, kept, apart = read(files.write(made, tmp_path / "whole", 3)), read(earlier), read([later])
    assert kept.ids.to_pylist() + apart.ids.to_pylist() == every_row.ids.to_pylist()
    assert 150 < len(apart) < 400 and (apart.label >= 0).all() and kept.label[-1] == -1
