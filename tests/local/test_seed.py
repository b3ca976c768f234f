"""Dropping files into the bucket of a running server."""

from pathlib import Path

import pytest

from local import seed
from local.stack import Stack

from .conftest import Host


@pytest.fixture
def stack(host: Host) -> Stack:
    return Stack(host.server.url, "us-east-1", host.bucket(), "", "", "fraud-endpoint", "fraud")


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_files_are_dropped_once_under_their_names_with_the_schema_beside_them(
    host: Host, stack: Stack, tmp_path: Path
) -> None:
    files = (write(tmp_path / "a b+ü.csv", "1"), write(tmp_path / "c.csv", "2"))
    schema = write(tmp_path / "schema.yaml", "name: x")
    keys = ["transactions/a b+ü.csv", "transactions/c.csv"]
    assert seed.drop(stack, schema, files) == keys
    assert seed.drop(stack, schema, files) == []
    assert host.objects(stack.bucket) == {"config/schema.yaml": b"name: x", keys[0]: b"1", keys[1]: b"2"}


def test_a_changed_file_is_dropped_again(stack: Stack, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "1")
    seed.drop(stack, None, (path,))
    write(path, "2")
    assert seed.drop(stack, None, (path,)) == ["transactions/a.csv"]


def test_files_are_dropped_again_when_asked_for(stack: Stack, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "1")
    seed.drop(stack, None, (path,))
    assert seed.drop(stack, None, (path,), again=True) == ["transactions/a.csv"]


def test_a_changed_model_drops_the_files_again(stack: Stack, tmp_path: Path) -> None:
    path, code = write(tmp_path / "a.csv", "1"), tmp_path / "model"
    code.mkdir()
    write(code / "features.py", "old")
    seed.drop(stack, None, (path,), model=code)
    assert seed.drop(stack, None, (path,), model=code) == []
    write(code / "features.py", "new")
    assert seed.drop(stack, None, (path,), model=code) == ["transactions/a.csv"]


def test_of_the_sample_the_later_file_is_scored_and_of_ones_own_files_the_last(tmp_path: Path) -> None:
    own = (write(tmp_path / "a.csv", "1"), write(tmp_path / "b.csv", "2"))
    (tmp_path / "later").mkdir()
    write(tmp_path / "later" / "c.csv", "3")
    assert seed.to_score(own) == own[1]
    sample = seed.sample(lambda _: None)
    assert [path.suffix for path in sample] == [".csv", ".gz", ".parquet"]
    assert seed.to_score(sample).parent.name == "later"
