"""What a training leaves for live scoring to start from reads back as what was known, and is the same every time."""

from __future__ import annotations

import hashlib
import json

import pytest

from functions.backfill.part import Part
from model.training import lookback
from tests.model.lookback import Event, schema, table

SCHEMA = schema({})
PLAN = SCHEMA.history_plan
STATES = {f"{PLAN.id}#customer_id#{number}": {"first": 1, "last": number, "n00": 2} for number in range(5)}


def read_back(folder):
    """As the backfill reads it."""
    index = json.loads((folder / "index.json").read_text())
    found = {}
    for name, sha256 in index["parts"].items():
        for entity in Part("job", name, sha256).entities((folder / name).read_bytes(), index["plan"]):
            found[entity.key] = entity.state
    return index, found


def test_the_backfill_reads_what_the_training_wrote(tmp_path):
    assert lookback.write(tmp_path / "history", PLAN, STATES.items(), per_part=2) == 5
    index, found = read_back(tmp_path / "history")
    assert found == STATES
    assert (index["plan"], index["entities"]) == (PLAN.id, 5)
    assert list(index["parts"]) == ["part-00000.jsonl.gz", "part-00001.jsonl.gz", "part-00002.jsonl.gz"]


def test_sets_of_partners_come_back_as_sets(tmp_path):
    values = {"amount": 1.0, "fee": 2.0, "customer_id": "c", "terminal": "t", "mail": "a@b.c"}
    events = [Event(1_700_000_000_000_000, values, 1), Event(1_700_000_000_000_000, values | {"terminal": "u"}, 0)]
    states = dict(lookback.states(PLAN, table(SCHEMA, events)))
    lookback.write(tmp_path, PLAN, states.items())
    assert read_back(tmp_path)[1] == states
    assert {len(value) for state in states.values() for value in state.values() if isinstance(value, frozenset)} == {
        1,
        2,
    }


def test_the_same_states_make_the_same_bytes(tmp_path):
    digests = set()
    for name in ("first", "second"):
        lookback.write(tmp_path / name, PLAN, STATES.items())
        content = [path.read_bytes() for path in sorted((tmp_path / name).iterdir())]
        digests.add(hashlib.sha256(b"".join(content)).hexdigest())
    assert len(digests) == 1


def test_a_training_into_the_same_folder_leaves_nothing_of_the_one_before(tmp_path):
    lookback.write(tmp_path, PLAN, STATES.items())
    assert lookback.write(tmp_path, PLAN, []) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["index.json"]
    assert read_back(tmp_path) == ({"plan": PLAN.id, "entities": 0, "parts": {}}, {})


@pytest.mark.parametrize("windows", [[], ["1h"]])
def test_without_entities_there_is_an_index_and_without_windows_no_folder(tmp_path, windows):
    plan = schema({"windows": windows}).history_plan
    nobody = dict.fromkeys(("customer_id", "terminal", "mail")) | {"amount": 1.0, "fee": 1.0}
    states = lookback.states(plan, table(schema({"windows": windows}), [Event(0, nobody)]))
    assert lookback.write(tmp_path / "history", plan, states) == 0
    assert [path.name for path in tmp_path.rglob("*.json*")] == (["index.json"] if windows else [])
