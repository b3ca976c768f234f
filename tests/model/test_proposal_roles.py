"""Which role python -m model schema proposes for which column, and how it says why."""

import numpy as np
import pandas

from model import schema as schemas
from tests.model.proposals import ROWS, frauds, line, payments, propose, random, roles, times


def test_columns_of_amazon_fraud_detector_are_known(tmp_path):
    text = propose(
        tmp_path,
        pandas.DataFrame(
            {
                "EVENT_ID": [f"e{number}" for number in range(ROWS)],
                "EVENT_TIMESTAMP": times().dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "LABEL_TIMESTAMP": times().dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ENTITY_TYPE": "customer",
                "ENTITY_ID": [f"u{number}" for number in random.integers(0, 900, ROWS)],
                "EVENT_LABEL": np.where(frauds(), "fraud", "legit"),
                "order_price": random.lognormal(3, 1, ROWS),
            }
        ),
    )
    assert "column: EVENT_ID\n" in text
    assert "column: EVENT_TIMESTAMP\n" in text
    assert "column: EVENT_LABEL\n" in text
    assert roles(text) == {
        "LABEL_TIMESTAMP": "ignore",
        "ENTITY_TYPE": "ignore",
        "ENTITY_ID": "entity",
        "order_price": "amount",
    }
    assert "description: customer}" in line(text, "ENTITY_ID")


def test_anonymous_numbers_of_cards_are_numbers(tmp_path):
    hidden = {f"V{number}": random.normal(size=ROWS) for number in range(1, 5)}
    text = propose(
        tmp_path, pandas.DataFrame({"Time": times()} | hidden | {"Amount": 9.5 + frauds(), "Class": frauds()})
    )
    assert roles(text) == {"V1": "number", "V2": "number", "V3": "number", "V4": "number", "Amount": "amount"}
    assert "timezone: UTC  # a guess" in text


def test_columns_that_give_the_label_away_are_left_out_loudly(tmp_path):
    fraud = frauds()
    text = propose(
        tmp_path,
        payments(
            is_fraud=fraud,
            case_number=np.where(fraud, "case", ""),
            review=np.where(fraud, random.uniform(0.8, 1, ROWS), random.uniform(0, 0.5, ROWS)),
            scenario=np.where(fraud, random.integers(1, 4, ROWS), 0),
        ),
    )
    assert {role for name, role in roles(text).items() if name in ("case_number", "review", "scenario")} == {"ignore"}
    assert text.count("GIVES THE LABEL AWAY") == 3


def test_what_only_names_one_of_few_cards_is_left_out(tmp_path):
    card = random.integers(0, 50, ROWS)
    text = propose(
        tmp_path, payments(card_number=4_000_000 + card, home_city=[f"city {n}" for n in card], lat=card + 0.25)
    )
    assert roles(text)["card_number"] == "entity"
    assert (roles(text)["home_city"], roles(text)["lat"]) == ("ignore", "ignore")


def test_private_constant_counting_and_free_texts_are_left_out(tmp_path):
    text = propose(
        tmp_path,
        payments(
            first_name=random.choice(["Ann", "Bo"], ROWS),
            index=range(ROWS),
            unix_time=range(1_770_000_000, 1_770_000_000 + 3 * ROWS, 3),
            country="DE",
            note=[f"call back on {number} please" for number in random.integers(0, 9999, ROWS)],
            empty=np.nan,
            hour=5 + frauds(),
        ),
    )
    kept = {name for name, role in roles(text).items() if role != "ignore"}
    assert kept == {"customer_id", "amount"}


def test_times_of_the_past_are_kept_and_those_written_later_are_not(tmp_path):
    def moved(days):
        return times() + pandas.to_timedelta(days, unit="D")

    fraud = frauds()
    text = propose(
        tmp_path,
        payments(
            is_fraud=fraud,
            timestamp=times(),
            signup_time=moved(-random.uniform(1, 300, ROWS)),
            account_opened=moved(-random.uniform(0, 9, ROWS)).where(random.random(ROWS) < 0.7),
            created_at=times(),
            first_reviewed=moved(random.uniform(0, 9, ROWS)),
            last_order_date=moved(-np.where(fraud == 1, 0.001, 1 + random.uniform(0, 9, ROWS))),
            delivery_date=moved(-1.0),
        ),
    )
    assert {name: role for name, role in roles(text).items() if role == "time"} == {
        "signup_time": "time",
        "account_opened": "time",
    }
    assert "GIVES THE LABEL AWAY" in line(text, "last_order_date")
    assert "not known when it happens" in line(text, "first_reviewed")


def test_the_last_word_of_a_name_says_what_it_is(tmp_path):
    def some():
        return random.integers(1, 200, ROWS)

    text = propose(
        tmp_path,
        payments(
            city_pop=some() * 1000,
            device_type=random.choice(["mobile", "desktop"], ROWS),
            account_age_days=some(),
            merchant_category_code=some() + 5000,
            num_logins=some(),
            order_number=some(),
            email_address=[f"a{number}@b.org" for number in some()],
            ip=[f"10.0.0.{number}" for number in some()],
            delta=some() - 100,
        ),
    )
    assert roles(text) == {
        "customer_id": "entity",
        "amount": "amount",
        "city_pop": "number",
        "device_type": "category",
        "account_age_days": "number",
        "merchant_category_code": "category",
        "num_logins": "number",
        "order_number": "entity",
        "email_address": "email",
        "ip": "ip",
        "delta": "number",
    }
    assert "min" not in line(text, "delta")


def test_blanks_make_a_column_optional(tmp_path):
    text = propose(tmp_path, payments(channel=["web", "shop", None, "app"] * (ROWS // 4)))
    assert "required" not in line(text, "channel")
    assert "blank in 25.0%" in line(text, "channel")
    assert "required: true" in line(text, "amount")


def test_a_column_that_not_all_files_have_is_optional(tmp_path):
    text = propose(tmp_path, payments(), payments(transaction_id=[f"u{n}" for n in range(ROWS)], channel="web"))
    assert "required" not in line(text, "channel")


def test_odd_column_names_and_types_still_make_a_valid_schema(tmp_path):
    odd = {
        "a: {b} # c": "number",
        "größe": "number",
        "": "number",
        "null": "number",
        '"': "number",
        "weekday": "ignore",
    }
    values = {name: random.normal(size=ROWS) for name in odd}
    values |= {"lists": [[1, 2]] * ROWS, "bytes": [b"\xff\x00"] * ROWS, "x[y]": random.normal(size=ROWS)}
    text = propose(tmp_path, payments(**values), suffix="parquet")
    found = {field.name: field.role for field in schemas.load(tmp_path / "schema.yaml").fields}
    assert {name: found[name] for name in odd} == odd
    assert (found["lists"], found["bytes"]) == ("ignore", "ignore")
    assert "x[y]" not in found
    assert "extra_columns: ignore" in text
