"""python -m model schema: the time, the label and the id it finds, and that training takes what it proposes."""

import numpy as np
import pandas
import pytest

from model import schema as schemas
from model.__main__ import main
from model.document import SchemaError
from tests.model.conftest import ROOT
from tests.model.proposals import ROWS, frauds, payments, propose, random, roles, times, train

DATA = ROOT.parent / "shared/data"


def test_the_sample_gets_the_roles_that_the_shipped_schema_has(sample, tmp_path):
    assert main(["schema", *map(str, sample), "--out", str(tmp_path / "schema.yaml")]) == 0
    found, shipped = schemas.load(tmp_path / "schema.yaml"), schemas.load()
    assert {field.name: field.role for field in found.fields} == {field.name: field.role for field in shipped.fields}
    assert (found.id_column, found.timestamp, found.timezone) == ("transaction_id", "timestamp", None)
    assert found.label == shipped.label
    assert train(tmp_path, *sample)["metrics"]["roc_auc"] > 0.8


def test_a_payment_simulation_with_steps_gets_everything(tmp_path):
    text = propose(
        tmp_path,
        pandas.DataFrame(
            {
                "step": np.arange(ROWS) // 6,
                "type": random.choice(["TRANSFER", "PAYMENT"], ROWS),
                "amount": random.lognormal(8, 2, ROWS),
                "nameOrig": [f"C{number}" for number in random.integers(10**8, 10**9, ROWS)],
                "nameDest": [f"M{number}" for number in random.integers(1000, 2000, ROWS)],
                "oldbalanceOrg": random.lognormal(8, 2, ROWS),
                "isFraud": frauds(),
                "isFlaggedFraud": frauds(),
            }
        ),
    )
    assert "column: step\n  unit: h  # a guess" in text
    assert "  entities: [nameDest]  # nameOrig hardly ever comes back\n" in text
    assert "column: isFraud\n" in text
    assert roles(text) == {
        "type": "category",
        "amount": "amount",
        "nameOrig": "entity",
        "nameDest": "entity",
        "oldbalanceOrg": "number",
        "isFlaggedFraud": "ignore",
    }


def test_a_proposal_with_a_gap_cannot_be_trained_with_by_mistake(tmp_path):
    propose(tmp_path, payments(timestamp=times().dt.strftime("%H:%M")), code=2)
    with pytest.raises(SchemaError, match=r"timestamp\.column: is missing"):
        schemas.load(tmp_path / "schema.yaml")


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        (np.arange(ROWS) - 5, "to_timedelta(data['timestamp'], unit='s')"),
        (times(days=11).dt.strftime("%d/01/%Y %H:%M"), "day or month first"),
        (times().dt.strftime("%H:%M:%S"), "a time of day without the day"),
    ],
    ids=["negative", "day or month", "time of day"],
)
def test_times_that_training_does_not_read_are_named_plainly(tmp_path, values, hint):
    assert hint in propose(tmp_path, payments(timestamp=values), code=2)


@pytest.mark.parametrize(
    "form",
    ["%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%d-%m-%y %H:%M", "%Y/%m/%d", "%Y%m%d%H%M%S", "%d %b %Y %H:%M:%S"],
)
def test_times_in_a_form_of_their_own_get_its_format(tmp_path, form):
    text = propose(tmp_path, payments(timestamp=None, order_time=times().dt.strftime(form)))
    assert f'timestamp:\n  column: order_time\n  format: "{form}"  # ' in text
    assert "  timezone: UTC  # a guess" in text


@pytest.mark.parametrize(
    ("column", "numbers", "unit"),
    [
        ("start_time", 1_770_000_000 + 60 * np.arange(ROWS), "s  # numbers since 1970"),
        ("event_time", 1_770_000_000_000 + 60_000 * np.arange(ROWS), "ms  # numbers since 1970"),
        ("TransactionDT", 86_400.0 + 60 * np.arange(ROWS), "s  # a guess"),
        ("Time", 30.0 * np.arange(ROWS), "s  # a guess"),
        ("month", np.arange(ROWS) // 500, "d  # a guess"),
    ],
)
def test_times_that_are_numbers_get_a_unit(tmp_path, column, numbers, unit):
    text = propose(tmp_path, payments(timestamp=None, **{column: numbers}))
    assert f"timestamp:\n  column: {column}\n  unit: {unit}" in text


def test_a_day_of_a_month_is_no_count_of_days(tmp_path):
    propose(tmp_path, payments(timestamp=None, year=2026 + frauds(), day=random.integers(1, 29, ROWS)), code=2)


def test_the_time_of_the_event_wins_over_other_times(tmp_path):
    text = propose(
        tmp_path, payments(timestamp=None, signup_time=times(), purchase_time=times(), birth_date="1980-05-05")
    )
    assert "  column: purchase_time\n" in text
    assert roles(text)["signup_time"] == "ignore"


@pytest.mark.parametrize(
    ("column", "fraud", "legit", "written"),
    [
        ("is_fraud", "Yes", "No", "fraud: [yes]\n  legit: [no]"),
        ("outcome", "fraudulent", "genuine", "fraud: [fraudulent]\n  legit: [genuine]"),
        ("checked", "fraud", "legit", "fraud: [1, true, fraud]\n  legit: [0, false, legit]"),
        ("target", "1.0", "0.0", "fraud: [1, true, fraud]\n  legit: [0, false, legit]"),
        ("fraud", "t", "f", "fraud: [t]\n  legit: [f]"),
        ("Betrug", "ja", "nein", "fraud: [ja]\n  legit: [nein]"),
        ("is_fake", "yes", "no", "fraud: [yes]\n  legit: [no]"),
    ],
)
def test_labels_are_found_in_many_forms(tmp_path, column, fraud, legit, written):
    text = propose(tmp_path, payments(**{"is_fraud": None, column: np.where(frauds(), fraud, legit)}))
    assert f"label:\n  column: {column}\n  {written}\n" in text


def test_a_label_of_other_forms_is_a_gap_that_shows_them(tmp_path):
    text = propose(tmp_path, payments(is_fraud=np.where(frauds(), "A", "B")), code=2)
    assert "# GAP: label.column is missing" in text
    assert "# is_fraud is named like one and holds" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a;b\n1;2\n", "not separated by commas"),
        (b"a,a\n1,2\n", "names the column 'a' twice"),
        (b"a,b\n", "has a header but no rows"),
        (b"PK\x03\x04", "is a ZIP or Excel file"),
    ],
)
def test_files_that_cannot_be_read_give_one_clear_line(tmp_path, capsys, content, said):
    (tmp_path / "data.csv").write_bytes(content)
    assert main(["schema", str(tmp_path / "data.csv")]) == 2
    out, complaint = capsys.readouterr()
    assert out == ""
    assert said in complaint
    assert complaint.count("\n") == 1


def test_only_a_sample_is_read_of_a_large_file(tmp_path, monkeypatch):
    from model.proposal import sample

    monkeypatch.setattr(sample, "MOST_ROWS", 1000)
    assert "the first 1,000 rows" in propose(tmp_path, payments())


@pytest.mark.parametrize(("file", "auc"), [("aws_registration_20k.csv.gz", 0.9), ("aws_transactions_2k.csv.gz", 0.7)])
def test_known_data_is_trained_on_without_an_edit(tmp_path, file, auc):
    if not (DATA / file).exists():
        pytest.skip(f"needs {DATA / file}")
    assert main(["schema", str(DATA / file), "--out", str(tmp_path / "schema.yaml")]) == 0
    assert train(tmp_path, DATA / file)["metrics"]["roc_auc"] > auc


@pytest.mark.parametrize(
    ("file", "schema"), [("handbook_transactions.parquet", "handbook"), ("sparkov_60_cards.parquet", "sparkov")]
)
def test_the_proposal_for_known_data_is_its_documented_schema(tmp_path, file, schema):
    if not (DATA / file).exists():
        pytest.skip(f"needs {DATA / file}")
    assert main(["schema", str(DATA / file), "--out", str(tmp_path / "schema.yaml")]) == 0
    found, documented = schemas.load(tmp_path / "schema.yaml"), schemas.load(ROOT / f"docs/schemas/{schema}.yaml")
    for fact in ("id_column", "timestamp", "timezone", "label", "label_delay"):
        assert getattr(found, fact) == getattr(documented, fact)
    assert {field.name: field.role for field in found.fields} == {field.name: field.role for field in documented.fields}
