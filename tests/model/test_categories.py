"""Which values of a category a model learns."""

import numpy as np
import pandas
import pytest

from model.schema import Schema
from model.training import matrix
from model.training.problems import Rejections
from model.training.table import read_files
from tests.model.conftest import small

ROWS = 500


@pytest.fixture
def learned(tmp_path):
    """The values learned of a column that holds these texts in the order of time."""

    def learn(texts, role="category", hours=1):
        data = pandas.DataFrame({"id": [f"t{n}" for n in range(len(texts))], "kind": texts, "fraud": 0})
        times = pandas.Timestamp("2026-01-01") + pandas.to_timedelta(np.arange(len(texts)) * hours, unit="h")
        data["time"] = times.strftime("%Y-%m-%dT%H:%M:%SZ")
        data.sample(frac=1, random_state=1).to_csv(tmp_path / "data.csv", index=False)
        schema = Schema.from_dict(small(fields={"kind": {"role": role}}))
        table = read_files(schema, [("data", tmp_path / "data.csv")], Rejections())
        return matrix.learn_categories(schema, table, np.arange(len(table)))

    return learn


def texts(**places):
    """`rest` everywhere but in these rows."""
    found = np.full(ROWS, "rest", dtype=object)
    for value, rows in places.items():
        found[rows] = value
    return found.tolist()


def test_values_are_learned_the_most_frequent_first(learned):
    assert learned(texts(b=slice(0, None, 10), a=slice(1, None, 10), c=slice(2, None, 5))) == {
        "kind": ("rest", "c", "a", "b")
    }


def test_a_value_of_few_rows_is_not_learned(learned):
    assert learned(texts(nine=slice(0, None, 60), ten=slice(1, None, 50))) == {"kind": ("rest", "ten")}


def test_a_value_that_came_and_went_is_not_learned(learned):
    assert learned(texts(burst=slice(155, 245), lasting=slice(155, 255, 2))) == {"kind": ("rest", "lasting")}


def test_a_file_of_one_moment_has_categories_too(learned):
    assert learned(texts(other=slice(0, 20)), hours=0) == {"kind": ("rest", "other")}


def test_what_values_become_is_counted_together(learned):
    addresses = [f"{n}@{'burst.org' if 105 <= n < 195 else 'a.org' if n % 2 else 'b.org'}" for n in range(ROWS)]
    assert learned(addresses, role="email")["kind_domain"] == ("a.org", "b.org")
    assert learned(addresses, role="email")["kind_tld"] == ("org",)


def test_blanks_are_no_value(learned):
    assert learned(texts() + [None] * 200) == {"kind": ("rest",)}
    assert learned([None] * 200) == {"kind": ()}
