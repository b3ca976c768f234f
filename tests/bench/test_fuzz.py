"""A part of the hostile bodies in every run; `python -m bench.fuzz` has them by the hundred thousand."""

import pytest

from bench import fuzz
from bench.hostile import Input, inputs
from functions.rest import body
from model.transaction import read_id
from tests.bench.test_bench import figures

PART = 5_000


def test_of_every_body_comes_an_answer_or_a_refusal():
    lines = figures("bench.fuzz", "--inputs", PART, "--seed", 7)
    counted = [line for line in lines if line["figure"] == "fuzz_inputs"]
    assert sum(line["value"] for line in counted) == PART
    found = {(line["path"], line["outcome"]) for line in counted}
    assert {(path, what) for path in fuzz.VALID for what in ("taken", "invalid_json", "invalid_field")} <= found


def test_the_same_seed_makes_the_same_inputs_and_another_one_others():
    first, again, other = (list(inputs(300, seed, fuzz.VALID)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("path", fuzz.VALID)
def test_what_it_starts_from_is_taken(path):
    readers = fuzz.READERS
    assert readers.keys() == fuzz.VALID.keys()
    readers[path](fuzz.VALID[path])


def test_anything_but_a_refusal_is_found(monkeypatch, capsys):
    def careless(raw):
        return read_id(raw["id"])  # a KeyError for whoever sends none

    monkeypatch.setitem(fuzz.READERS, "score", careless)
    assert fuzz.main(["--inputs", "2000"]) == 1
    assert "KeyError" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 10_000, '{"n": ' + "9" * 5_000 + "}"])
def test_depth_and_length_of_numbers_end_in_a_refusal(text):
    assert fuzz.outcome(Input("batch", text, False)) == "invalid_json"
    assert len(text) < body.LARGEST_BATCH
