"""One state holds files of one schema."""

from pathlib import Path

import pytest

from local import origin as origins
from local.errors import LocalError
from local.home import Home
from local.origin import Origin


def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "local")


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_fresh_state_may_be_used_for_anything(tmp_path: Path) -> None:
    assert origins.differs(home(tmp_path), Origin()) is None


def test_the_same_files_and_schema_may_go_on(tmp_path: Path) -> None:
    data, schema = write(tmp_path / "a.csv", "a"), write(tmp_path / "s.yaml", "s")
    origins.remember(home(tmp_path), Origin.of([data], schema))
    assert origins.differs(home(tmp_path), Origin.of([data], schema)) is None


@pytest.mark.parametrize("change", ["data", "schema", "sample"])
def test_anything_else_starts_over_and_says_what_was_there(tmp_path: Path, change: str) -> None:
    data, schema = write(tmp_path / "a.csv", "a"), write(tmp_path / "s.yaml", "s")
    origins.remember(home(tmp_path), Origin.of([data], schema))
    if change == "sample":
        other = Origin()
    else:
        write(data if change == "data" else schema, "changed")
        other = Origin.of([data], schema)
    assert origins.differs(home(tmp_path), other) == "a.csv with s.yaml"


def test_states_are_set_aside_under_the_next_free_number(tmp_path: Path) -> None:
    for number in (1, 2):
        origins.remember(home(tmp_path), Origin())
        assert origins.set_aside(home(tmp_path)) == tmp_path / f"local.{number}"
    assert not home(tmp_path).root.exists()


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"absent\.csv is not a file"):
        Origin.of([tmp_path / "absent.csv"], None)
    with pytest.raises(LocalError, match=r"neither csv, csv\.gz nor parquet"):
        Origin.of([write(tmp_path / "a.xlsx", "")], None)
    with pytest.raises(LocalError, match=r"a\.csv is empty"):
        Origin.of([write(tmp_path / "a.csv", "")], None)
    (tmp_path / "b").mkdir()
    with pytest.raises(LocalError, match=r"two data files are called a\.csv"):
        Origin.of([write(tmp_path / "a.csv", "a"), write(tmp_path / "b" / "a.csv", "a")], None)
