"""What the repository must not hold: unfinished business, paths of one machine, dependencies that drift."""

import re

import pytest

from tests.contract.template import ROOT

TEXTS = (".py", ".md", ".yaml", ".toml", ".txt", ".in", ".json", "")  # Makefile, LICENSE and .ci/run have no suffix
HOSTS = {  # addresses that code, samples and tests mention; a new one is a decision, not an accident
    "127.0.0.1",
    "host.docker.internal",
    "www.apache.org",
    "docs.aws.amazon.com",
    "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
}
FILES = sorted(
    path
    for top in ROOT.iterdir()
    if not top.name.startswith(".") or top.name == ".ci"
    for path in ([top] if top.is_file() else top.rglob("*"))
    if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts
)
# A class of one letter keeps a pattern from finding itself.
FORBIDDEN = {
    "unfinished business": r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b",
    "paths of one machine": r"/wor[k]/|/hom[e]/\w|/Users[/]\w|/roo[t]/",
    "another place to install from": r"index-ur[l]|find-link[s]|trusted-hos[t]",
    "keys that open something": r"\bAKI[A][0-9A-Z]{16}\b|BEGIN [A-Z ]*PRIVATE KE[Y]",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    pattern = re.compile(FORBIDDEN[what])
    assert [path for path in FILES if pattern.search(path.read_text("utf-8"))] == []


def test_nothing_points_to_hosts_that_are_not_known_here():
    found = {
        host
        for path in FILES
        if "tests" not in path.parts
        for host in re.findall(r"https?://([\w-]+(?:\.[\w-]+)+)", path.read_text("utf-8"))
    }
    assert found <= HOSTS


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_dependency_is_pinned_to_one_version(path):
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    pins = [line for line in lines if line and not line.startswith("#")]
    pin = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[A-Za-z0-9.+!-]+( ; .+)?")
    assert pins
    assert [line for line in pins if not pin.fullmatch(line)] == []


def test_the_artefacts_packages_are_tested_in_the_versions_that_it_ships():
    def pins(name: str) -> set[str]:
        return {line for line in (ROOT / name).read_text("utf-8").splitlines() if "==" in line}

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
