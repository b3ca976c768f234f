"""What Lambda gets: small, free of surprises, complete with nothing but what the runtime has, and working."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.contract.template import FUNCTIONS, ROOT

LARGEST = 15 * 2**20
OURS = {"functions", "model"}
PACKAGES = {
    "aws_lambda_powertools", "aws_xray_sdk", "cel", "jmespath", "wrapt", "typing_extensions.py", "yaml", "__pycache__",
}  # fmt: skip
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")  # of Lambda's python3.12


@pytest.fixture(scope="module")
def artefact(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("artefact")
    done = subprocess.run(
        ["make", "--silent", "build-ScoreFunction"],
        cwd=ROOT,
        env=os.environ | {"ARTIFACTS_DIR": str(directory)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="module")
def runtime(tmp_path_factory) -> Path:
    """What the Lambda runtime brings along, and nothing else of this environment."""
    directory = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        origin = Path(find_spec(name).origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (directory / source.name).symlink_to(source)
    return directory


def run(artefact: Path, runtime: Path, code: str) -> str:
    start = f"import sys; sys.path[:0] = [{str(artefact)!r}, {str(runtime)!r}]; "
    done = subprocess.run([sys.executable, "-I", "-S", "-c", start + code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_small(artefact):
    assert sum(path.stat().st_size for path in artefact.rglob("*") if path.is_file()) <= LARGEST


def test_it_holds_nothing_unexpected(artefact):
    names = {path.name for path in artefact.iterdir() if not path.name.endswith(".dist-info")}
    assert names <= OURS | PACKAGES | {"__pycache__"}
    assert names >= OURS | {"aws_lambda_powertools"}


def test_nothing_of_tests_data_or_secrets_is_in_it(artefact):
    names = {path.relative_to(artefact).as_posix() for path in artefact.rglob("*")}
    assert not [
        name for name in names if name.startswith(("tests", "events", "local", ".")) or name.endswith(".parquet")
    ]


def test_our_modules_are_compiled_whatever_their_dates(artefact):
    (compiled,) = (artefact / "functions" / "score" / "__pycache__").glob("handler.*.pyc")
    assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # hash-based, unchecked: PEP 552


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_imports_from_it_without_reading_its_settings(artefact, runtime, name):
    assert run(artefact, runtime, f"import functions.{name}.handler as h; print(h.handler.__name__)") == "handler\n"


def test_scoring_loads_nothing_that_a_request_does_not_need(artefact, runtime):
    late = (
        "boto3", "aws_xray_sdk", "yaml", "cel", "difflib",
        "functions.openapi", "model.request_form", "model.request_example",
    )  # fmt: skip
    code = f"import functions.score.handler; print(*(m for m in {late} if m in sys.modules))"
    assert run(artefact, runtime, code).strip() == ""


def test_the_packaged_schema_can_be_read_from_it(artefact, runtime):
    assert run(artefact, runtime, "from model import schema; print(schema.load().fail_policy)") == "review\n"


def test_rules_are_read_and_answered_in_it_without_the_librarys_command_line(artefact, runtime):
    code = (
        "from model import expression, rules; file = rules.read(rules.PACKAGED.read_bytes()); "
        "context = expression.context({('denied',): ['card_id']}); "
        "print(file.rules[0].when.holds(context), file.problems, 'typer' in sys.modules, 'cel' in sys.modules)"
    )
    assert run(artefact, runtime, code) == "True () False False\n"


def test_the_api_is_described_from_it_while_there_is_no_model(artefact, runtime):
    code = (
        "from functions.openapi import document, page; from model import schema; "
        "print(page.html(document.describe(schema.load()))[:15])"
    )
    assert run(artefact, runtime, code).strip() == "<!doctype html>"


def test_the_training_jobs_source_packs_from_it(artefact, runtime):
    from functions.train import source

    code = "from functions.train import source; print(source.package().sha256)"
    assert run(artefact, runtime, code).strip() == source.package().sha256
