"""Who may import what: scoring needs the standard library alone, training only what the training image has."""

import ast
import subprocess
import sys

import pytest

from tests.model.conftest import ROOT

PACKAGE = ROOT / "model"
IMAGE = {"numpy", "pandas", "pyarrow", "xgboost", "sklearn", "scipy", "yaml", "flask"}
ENTRY_POINTS = {"inference.py", "train.py", "__main__.py"}
SCORING = ("schema", "features", "contract", "decision", "artefact", "forest", "rules", "lists", "rehearsal", "header")
BESIDE = {"schema.py": {"yaml"}, "plain_yaml.py": {"yaml"}, "expression.py": {"cel"}}


def imported(path) -> set[str]:
    """Top-level packages that the file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_place_has(path):
    allowed = {"model"} | IMAGE
    if path.parent == PACKAGE and path.name not in ENTRY_POINTS:
        allowed = {"model"} | BESIDE.get(path.name, set())
    if path.parent.name == "simulation":
        allowed = {"model", "pyarrow"}
    assert imported(path) <= allowed


@pytest.mark.parametrize("module", SCORING)
def test_scoring_modules_load_nothing_but_the_standard_library(module):
    """In an interpreter without any installed package."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import model.{module}; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"model", "__main__"}


def test_training_and_the_endpoint_do_without_rules():
    """Their containers have no CEL."""
    code = (
        "import sys, model.inference, model.train, model.__main__, model.training.job, model.training.command; "
        "print(*(name for name in ('model.rules', 'model.expression', 'cel') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "\n", done.stderr


def test_no_module_knows_aws():
    for path in PACKAGE.rglob("*.py"):
        assert not imported(path) & {"boto3", "botocore", "functions", "local"}


def test_fitting_shares_the_cpus_politely():
    """OpenMP reads its environment when XGBoost is imported: the setting must stand before that."""
    code = "import os, sys, model.training; assert 'xgboost' not in sys.modules; print(os.environ['OMP_WAIT_POLICY'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "passive\n", done.stderr
