"""Golden transactions: a model that answers them otherwise is another model, or runs elsewhere than it should."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from model import artefact, inference
from model.artefact import ArtefactError
from model.golden import Golden, GoldenError
from model.training import golden

GOLDEN = Golden("fraud-1", ("amount", "channel"), ((12.5, "chip"), (None, None)), (0.25, 0.5))


def answer(*probabilities: float, model: str = "fraud-1") -> bytes:
    return json.dumps({"model": model, "predictions": [{"fraud_probability": p} for p in probabilities]}).encode()


@pytest.fixture
def kept(model_dir) -> Golden:
    return Golden.from_json((model_dir / artefact.GOLDEN).read_bytes())


def test_the_container_answers_them_as_the_training_did(kept, served):
    document = inference.respond(served, kept.request(), "application/json")
    assert kept.doubt(json.dumps(document).encode()) is None
    assert len(kept.rows) == golden.MOST


def test_they_reach_from_the_least_to_the_most_suspicious(kept):
    assert min(kept.probabilities) < 0.01 and max(kept.probabilities) > 0.5
    assert any(isinstance(value, str) for row in kept.rows for value in row)  # categories by name


def test_another_models_answers_are_doubted(kept, served):
    other = replace(
        served, contract=replace(served.contract, calibration=replace(served.contract.calibration, slope=2))
    )
    document = inference.respond(other, kept.request(), "application/json")
    assert "golden transaction" in str(kept.doubt(json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (answer(0.25, 0.5 + 1e-6), None),
        (answer(0.25, 0.51), "golden transaction 2 has fraud probability 0.51, and 0.5 in training"),
        (answer(0.25, math.nan), "golden transaction 2"),
        (answer(0.25), "it answers 1 of 2"),
        (answer(0.25, 0.5, model="fraud-2"), "it answers as model fraud-2"),
        (b"<html>", "its answer is none"),
        (b"[]", "its answer is none"),
        (b'{"model": "fraud-1"}', "its answer is none"),
    ],
)
def test_an_answer_is_this_models_or_doubted(body, doubt):
    found = GOLDEN.doubt(body)
    assert found is None if doubt is None else doubt in str(found)


def test_they_are_read_as_they_were_written():
    assert Golden.from_json(GOLDEN.to_json()) == GOLDEN


@pytest.mark.parametrize("text", ["", "[]", "{}", GOLDEN.to_json().replace('"chip"', '"chip", 1')])
def test_a_file_of_another_form_is_refused(text):
    with pytest.raises(GoldenError, match="incomplete or malformed"):
        Golden.from_json(text)


def test_few_rows_are_all_golden():
    assert sorted(golden.choose(np.array([0.3, 0.1, 0.2])).tolist()) == [0, 1, 2]


def test_trees_that_answer_otherwise_make_the_artefact_a_damaged_one(model_dir, tmp_path, kept):
    changed = replace(kept, probabilities=(*kept.probabilities[:-1], 0.123))
    with pytest.raises(ArtefactError, match=r"trees\.json does not answer as its golden\.json says"):
        artefact.verify_directory(rewritten(model_dir, tmp_path, changed.to_json()))


def test_an_artefact_of_before_them_is_still_good(model_dir, tmp_path):
    assert artefact.verify_directory(rewritten(model_dir, tmp_path, None)).golden_json is None


def rewritten(model_dir, folder, golden_json):
    """The artefact with other golden transactions or none, and checksums that fit."""
    for name in artefact.REQUIRED:
        (folder / name).write_bytes((model_dir / name).read_bytes())
    if golden_json:
        (folder / artefact.GOLDEN).write_text(golden_json)
    artefact.write_checksums(folder)
    return folder
