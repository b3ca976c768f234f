"""Parts become one file, of whatever length, in requests that S3 accepts."""

import pytest

from functions.bulk import results
from functions.bulk.part import Part
from functions.bulk.results import Upload, assemble
from functions.bulk.run import Run
from functions.bulk.totals import MOST_EXAMPLES, Totals
from tests.contract import service_model
from tests.functions.conftest import BUCKET, read, stored

MEGABYTES = 2**20


class Checked:
    """A client whose every request is one that AWS accepts."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        def call(**request):
            operation = "".join(word.capitalize() for word in name.split("_"))
            assert service_model.problems("s3", operation, request) == []
            return getattr(self._client, name)(**request)

        return call


@pytest.mark.parametrize("pieces", [[], ["a"], ["x" * 3 * MEGABYTES] * 7, ["y" * 8 * MEGABYTES], ["ü" * 5 * MEGABYTES]])
def test_any_length_is_stored_as_it_is(s3, pieces):
    upload = Upload(Checked(s3), BUCKET, "batch/out/a.csv")
    for piece in pieces:
        upload.add(piece)
    upload.close()
    assert read(s3, "batch/out/a.csv").decode() == "".join(pieces)
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_parts_come_in_their_order(s3, monkeypatch):
    monkeypatch.setattr(results, "AHEAD", 3)
    run = Run("batch/in/a.csv", "e", part=10)
    for number in range(10):
        part = Part(f"row {number}\n", f"bad {number}\n" if number % 2 else "", Totals())
        s3.put_object(Bucket=BUCKET, Key=run.part_key(number), Body=part.to_json())
    assemble(s3, BUCKET, run)
    assert read(s3, "batch/out/a.csv").decode().splitlines()[1:] == [f"row {number}" for number in range(10)]
    assert read(s3, "batch/out/a.rejected.csv").decode().splitlines()[1:] == [f"bad {n}" for n in range(1, 10, 2)]
    assert stored(s3, "batch/out/") == {"batch/out/a.csv", "batch/out/a.rejected.csv"}


def test_totals_add_up_and_travel_in_a_message_of_bounded_size():
    example = {"row": 1, "field": "amount", "expected": "must be at least 0"}
    one = Totals(10, 2, {"approve": 7, "block": 1}, {"m": 8}, {"endpoint": 8}, [example] * 2)
    total = sum([one] * 100, Totals())
    assert (total.rows, total.scored, total.outcomes) == (1000, 800, {"approve": 700, "block": 100})
    assert total.examples == [example] * MOST_EXAMPLES
