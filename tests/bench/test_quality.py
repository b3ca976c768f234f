"""The benchmark of quality: every protocol's rules on a few rows, and that it runs."""

import gzip
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from bench import handbook, quality
from tests.bench.test_bench import figures
from tests.contract.template import ROOT


def test_quality_is_measured_beside_what_was_published(tmp_path):
    """On a made-up fortnight in the form of the registrations."""
    fraud = [number % 12 == 0 for number in range(2400)]
    lines = ["EVENT_TIMESTAMP,EVENT_LABEL,ip_address,email_address"]
    for number, bad in enumerate(fraud):
        moment = f"2026-03-{1 + number // 170:02d}T{number % 24:02d}:00:00Z"
        name = f"{'x7' if bad and number % 5 else 'anna'}{number}@{'mail' if bad else 'post'}.example"
        lines.append(f"{moment},{'fraud' if bad else 'legit'},10.0.{number % 200}.{number % 50},{name}")
    with gzip.open(tmp_path / "aws_registration_20k.csv.gz", "wt") as stream:
        stream.write("\n".join(lines))
    measured = figures("bench.quality", "--data", tmp_path, "--option", "num_round=10")
    published = {line["figure"]: line["published"] for line in measured}
    assert published == {"aws_registrations_roc_auc": 0.993, "aws_registrations_average_precision": 0.92}
    assert all(0.5 < line["value"] <= 1 for line in measured)


def test_data_sets_that_are_absent_are_skipped_visibly(tmp_path):
    command = [sys.executable, "-m", "bench.quality", "--data", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "")
    for name in ("handbook_split", "handbook_prequential", "sparkov", "aws_registrations"):
        assert f"{name} is not measured: there is no {tmp_path}" in done.stderr


def payments(*rows: tuple[str, str, str, float, int]) -> pd.DataFrame:
    columns = ["TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(TX_DATETIME=pd.to_datetime(frame["TX_DATETIME"]))


def test_the_handbooks_windows_hold_the_payment_itself_and_a_terminals_end_a_week_before_it():
    made = handbook.with_its_features(
        payments(
            ("2026-03-01T12:00", "a", "t", 10, 1),
            ("2026-03-02T11:00", "a", "t", 20, 0),
            ("2026-03-02T12:00", "a", "u", 60, 0),
            ("2026-03-09T06:59", "b", "t", 5, 0),
        )
    )
    assert list(made["CUSTOMER_ID_NB_TX_1DAY_WINDOW"]) == [1, 2, 2, 1]
    assert list(made["CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW"]) == [10, 15, 30, 5]
    assert list(made["TERMINAL_ID_NB_TX_1DAY_WINDOW"]) == [0, 0, 0, 1]
    assert list(made["TERMINAL_ID_RISK_1DAY_WINDOW"]) == [0, 0, 0, 1]
    assert list(made["TX_DURING_NIGHT"]) == [0, 0, 0, 1]
    assert list(made["TX_DURING_WEEKEND"]) == [1, 0, 0, 0]
    assert len([name for name in made if name.startswith(quality.ITS_OWN)]) == 14  # and the amount


def test_known_cards_do_not_count_in_the_handbooks_test():
    fold = handbook.Fold(pd.Timestamp("2026-03-01"))
    judged = fold.judged(
        payments(
            ("2026-03-02T12:00", "in training", "t", 1, 1),
            ("2026-03-08T12:00", "after it", "t", 1, 1),
            ("2026-03-15T12:00", "in training", "t", 1, 1),
            ("2026-03-15T12:00", "after it", "t", 2, 1),
            ("2026-03-16T12:00", "after it", "t", 3, 1),
            ("2026-03-16T12:00", "new", "t", 4, 0),
        )
    )
    assert list(judged["TX_AMOUNT"]) == [2, 4]


def test_a_card_that_was_found_is_left_out_of_later_days():
    days = payments(
        ("2026-03-01T12:00", "a", "t", 1, 1),
        ("2026-03-01T13:00", "b", "t", 1, 0),
        ("2026-03-02T12:00", "a", "t", 1, 1),
        ("2026-03-02T13:00", "c", "t", 1, 1),
    )
    assert handbook.card_precision(days, np.array([0.9, 0.1, 0.9, 0.2])) == pytest.approx((0.01 + 0.01) / 2)
