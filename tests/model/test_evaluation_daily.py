"""Days at the alert budget, counted by hand and by a plain loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.schema import Schema
from model.training.evaluation import daily
from tests.model.conftest import small

DAY = daily.DAY


def schema(budget, **entities):
    roles = {name: {"role": "entity"} for name in entities or ("card",)}
    return Schema.from_dict(small(alerts_per_day=budget, fields=roles))


def judge(budget, rows):
    """rows: (day, probability, label, card)."""
    day, probability, label, card = (np.array(column) for column in zip(*rows, strict=True))
    return daily.judge_days(schema(budget), day * DAY + 5, label, probability, {"card": card})


def test_precision_and_recall_of_the_highest_scores_of_each_day():
    found = judge(2, [(0, 0.9, 1, 0), (0, 0.8, 0, 1), (0, 0.7, 1, 2), (0, 0.1, 0, 3), (1, 0.2, 0, 0), (2, 0.1, 1, 1)])
    first, second, third = found["by_day"]
    assert first == {
        "day": "1970-01-01", "rows": 4, "fraud": 2, "alerts": 2, "fraud_in_alerts": 1, "precision": 0.5, "recall": 0.5,
    }  # fmt: skip
    assert (second["alerts"], second["precision"], second["recall"]) == (1, 0.0, None)
    assert (third["precision"], third["recall"]) == (1.0, 1.0)
    assert found["mean_precision"] == 0.5
    assert found["mean_recall"] == 0.75  # of the days that have fraud


def test_a_card_found_on_one_day_is_left_out_of_the_next():
    rows = [(0, 0.9, 1, 0), (0, 0.8, 0, 1), (1, 0.9, 1, 0), (1, 0.5, 1, 1), (1, 0.4, 0, 2)]
    assert judge(1, rows)["card_precision"] == {"entity": "card", "mean": 1.0}
    missed = [(0, 0.1, 1, 0), (0, 0.8, 0, 1), (1, 0.9, 1, 0)]
    assert judge(1, missed)["card_precision"]["mean"] == 0.5  # compromised but not found: it stays


def test_many_transactions_of_one_card_are_one_alert_and_rows_without_card_none():
    rows = [(0, 0.9, 0, 0), (0, 0.8, 1, 0), (0, 0.7, 1, 0), (0, 0.95, 1, -1), (0, 0.3, 0, 1)]
    assert judge(2, rows)["card_precision"]["mean"] == 0.5


rows_of_days = st.lists(
    st.tuples(
        st.integers(-2, 3), st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.integers(0, 1), st.integers(-1, 5)
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(label for _, _, label, _ in rows))  # fmt: skip


@given(rows_of_days, st.integers(1, 4))
def test_card_precision_equals_a_plain_loop(rows, budget):
    found, expected = set(), []
    for day in sorted({row[0] for row in rows}):
        highest, bad = {}, {}
        of_day = [row for row in rows if row[0] == day and row[3] >= 0 and row[3] not in found]
        for _, probability, label, card in of_day:
            highest[card] = max(highest.get(card, 0), probability)
            bad[card] = bad.get(card, False) or label == 1
        # equal scores: the card whose row comes first in the files
        first = {
            card: next(i for i, row in enumerate(of_day) if row[3] == card and row[1] == highest[card])
            for card in highest
        }
        alerts = sorted(highest, key=lambda card: (-highest[card], first[card]))[:budget]
        hits = [card for card in alerts if bad[card]]
        found.update(hits)
        expected.append(len(hits) / len(alerts) if alerts else 0.0)
    assert judge(budget, rows)["card_precision"]["mean"] == pytest.approx(np.mean(expected), abs=1e-6)


@pytest.mark.parametrize(
    ("entities", "payer"),
    [
        (("terminal", "customer_id", "card_id"), "card_id"),
        (("CUSTOMER_ID", "TERMINAL_ID"), "CUSTOMER_ID"),
        (("merchant", "cc_num"), "cc_num"),
        (("device", "ip"), None),
    ],
)
def test_whom_an_alert_is_about(entities, payer):
    judged = schema(5, **dict.fromkeys(entities))
    assert daily.payer_of(judged) == payer
    values = {name: np.array([0, 0]) for name in entities}
    found = daily.judge_days(judged, np.array([0, 1]), np.array([0, 1]), np.array([0.5, 0.6]), values)
    assert ("card_precision" in found) == (payer is not None)
