"""Whose past python -m model schema proposes to remember, for how long, and since when labels are known."""

import numpy as np
import pandas

from model import schema as schemas
from tests.model.proposals import ROWS, frauds, payments, propose, random, times


def history(folder):
    return schemas.load(folder / "schema.yaml").history


def test_everybody_who_comes_back_is_remembered(tmp_path):
    customers, emails = random.integers(0, 200, ROWS), random.integers(0, 300, ROWS)
    propose(tmp_path, payments(customer_id=customers, email=[f"a{n}@b.org" for n in emails]))
    assert history(tmp_path).windows == ("1h", "1d", "7d", "30d")
    assert history(tmp_path).entities is None


def test_who_comes_back_rarely_is_remembered_longer(tmp_path):
    text = propose(tmp_path, payments(timestamp=times(days=700), customer_id=random.integers(0, 300, ROWS)))
    assert history(tmp_path).windows == ("1h", "1d", "7d", "30d", "365d")
    assert "of the returns of customer_id come after more than 30 days" in text


def test_a_longer_window_is_no_longer_than_the_data(tmp_path):
    propose(tmp_path, payments(timestamp=times(days=150), customer_id=np.arange(ROWS) % 800))
    assert history(tmp_path).windows == ("1h", "1d", "7d", "30d", "180d")


def test_days_have_no_window_of_an_hour(tmp_path):
    propose(tmp_path, payments(timestamp=times().dt.strftime("%Y-%m-%d"), customer_id=np.arange(ROWS) % 200))
    assert history(tmp_path).windows == ("1d", "7d", "30d")


def test_who_never_comes_back_has_no_past(tmp_path):
    text = propose(tmp_path, payments(customer_id=[f"c{n}" for n in range(ROWS)]))
    assert history(tmp_path).windows == ()
    assert "nobody comes back" in text


def test_a_large_file_is_not_taken_for_all_there_is(tmp_path, monkeypatch):
    from model.proposal import sample

    monkeypatch.setattr(sample, "MOST_ROWS", 1000)
    propose(tmp_path, payments(customer_id=[f"c{n}" for n in range(ROWS)]))
    assert history(tmp_path).windows == ("1h", "1d", "7d", "30d")


def test_another_name_of_the_same_has_no_past_of_its_own(tmp_path):
    customer = random.integers(0, 1500, ROWS)
    text = propose(
        tmp_path,
        payments(
            customer_id=[f"c{n}" for n in customer],
            account=[f"a{n}" for n in customer],
            device=[f"d{n}" for n in random.integers(0, 800, ROWS)],
        ),
    )
    assert history(tmp_path).entities == ("customer_id", "device")
    assert "account only says the same by another name" in text


def test_payments_without_anybody_have_no_history(tmp_path):
    assert "history" not in propose(tmp_path, payments(customer_id=None))


def labelled(delay_days, fraud, **more):
    known = times() + pandas.to_timedelta(delay_days, unit="D")
    return payments(is_fraud=fraud, label_timestamp=known.dt.strftime("%Y-%m-%dT%H:%M:%SZ").where(fraud == 1), **more)


def test_when_a_label_became_known_is_used(tmp_path):
    propose(tmp_path, labelled(random.uniform(1.2, 3.8, ROWS), frauds()))
    schema = schemas.load(tmp_path / "schema.yaml")
    assert schema.label.known_at == "label_timestamp"
    assert schema.label_delay.days == 3
    assert "label_timestamp" not in schema.by_name


def test_a_label_known_at_once_says_nothing_about_delays(tmp_path):
    propose(tmp_path, labelled(0.0, frauds()))
    schema = schemas.load(tmp_path / "schema.yaml")
    assert schema.label.known_at is None
    assert schema.by_name["label_timestamp"].role == "ignore"
    assert schema.label_delay.days == 7


def test_the_guessed_delay_leaves_most_of_the_time_to_learn_from(tmp_path, monkeypatch):
    from model.proposal import sample

    propose(tmp_path, payments(timestamp=times(days=20)))
    assert schemas.load(tmp_path / "schema.yaml").label_delay.days == 2
    monkeypatch.setattr(sample, "MOST_ROWS", ROWS // 2)
    propose(tmp_path, payments(timestamp=times(days=20)))  # the sample shows ten days of the files' time
    assert schemas.load(tmp_path / "schema.yaml").label_delay.days == 3
