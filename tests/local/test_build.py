"""What SAM built is used again while nothing has changed, and functions that are alike share one archive of it."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import yaml

from local import build

FUNCTIONS = ("TrainFunction", "DeployFunction", "ScoreFunction")
TEMPLATE = {
    "Globals": {"Function": {"CodeUri": "."}},
    "Resources": {name: {"Properties": {"CodeUri": name}} for name in FUNCTIONS} | {"Handle": {"Type": "x"}},
}


class Maker:
    """Stands for `sam build`; counts how often it ran."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, folder: Path) -> None:
        self.runs += 1
        for name in FUNCTIONS:
            (folder / name / "functions").mkdir(parents=True)
            (folder / name / "functions" / "a.py").write_text("other" if name == "ScoreFunction" else "same")
        (folder / "template.yaml").write_text(yaml.safe_dump(TEMPLATE, sort_keys=False))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    for folder in ("functions", "model"):
        (made / folder).mkdir(parents=True)
    for name in set(build.SOURCES) - {"functions", "model"}:
        (made / name).write_text(name)
    (made / "model" / "trees.py").write_text("old")
    return made


def test_it_is_made_once_and_again_when_a_source_has_changed(tmp_path: Path, repository: Path) -> None:
    make, builds = Maker(), tmp_path / "builds"
    first = build.template(make, builds, repository)
    (repository / "model" / "__pycache__").mkdir()
    (repository / "model" / "__pycache__" / "trees.cpython-312.pyc").write_bytes(b"compiled")
    assert build.template(make, builds, repository) == first and make.runs == 1
    (repository / "model" / "trees.py").write_text("new")
    second = build.template(make, builds, repository)
    assert make.runs == 2
    assert first.parent != second.parent and list(builds.glob("sam*")) == [second.parent]


def test_functions_of_the_same_bytes_share_an_archive_and_all_else_stays(tmp_path: Path, repository: Path) -> None:
    built = build.template(Maker(), tmp_path / "builds", repository)
    document = json.loads(built.read_text())
    archives = [resource.pop("Properties", {}).get("CodeUri") for resource in document["Resources"].values()]
    assert archives == ["TrainFunction.zip", "TrainFunction.zip", "ScoreFunction.zip", None]
    assert document == TEMPLATE | {"Resources": {name: {} for name in FUNCTIONS} | {"Handle": {"Type": "x"}}}
    assert {path.name for path in built.parent.iterdir()} == {"template.yaml", *archives[1:3]}
    for name, text in (("TrainFunction.zip", b"same"), ("ScoreFunction.zip", b"other")):
        assert zipfile.ZipFile(built.parent / name).read("functions/a.py") == text


def test_a_build_that_failed_is_made_anew(tmp_path: Path, repository: Path) -> None:
    def fail(folder: Path) -> None:
        Maker()(folder)
        raise OSError("disk is full")

    make, builds = Maker(), tmp_path / "builds"
    with pytest.raises(OSError, match="disk is full"):
        build.template(fail, builds, repository)
    assert build.template(make, builds, repository).exists() and make.runs == 1


def test_two_that_come_at_the_same_moment_build_once(tmp_path: Path, repository: Path) -> None:
    make, together = Maker(), Barrier(2)

    def bring_up() -> Path:
        together.wait(10)
        return build.template(make, tmp_path / "builds", repository)

    with ThreadPoolExecutor(2) as pool:
        first, second = (coming.result() for coming in [pool.submit(bring_up) for _ in range(2)])
    assert first == second and make.runs == 1
