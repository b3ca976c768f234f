"""Which AWS operations a function can call, read from its source.

A call is `receiver.operation(…)` where the receiver is named after its service, as all our clients are. Of the shared
modules in functions/aws only those functions count that are referred to, directly or through one another.
"""

import ast
from collections.abc import Iterator
from functools import cache

from botocore import xform_name
from botocore.session import get_session

from tests.contract.template import ROOT

SERVICE_OF = {
    "s3": "s3",
    "sagemaker": "sagemaker",
    "sqs": "sqs",
    "sns": "sns",
    "logs": "logs",
    "cloudwatch": "cloudwatch",
    "firehose": "firehose",
    "runtime": "sagemaker-runtime",
    "table": "dynamodb",
}
SHARED = ROOT / "functions" / "aws"
Call = tuple[str, str]  # service, operation


def of_function(name: str) -> set[Call]:
    own = [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "functions" / name).glob("*.py"))]
    found = {call for tree in own for call in _calls(tree)}
    seen: set[tuple[str, str]] = set()
    waiting = {reference for tree in own for reference in _references(tree)}
    while waiting - seen:
        module, definition = (waiting - seen).pop()
        seen.add((module, definition))
        node = _definitions(module).get(definition)
        if node is not None:
            found |= set(_calls(node))
            waiting |= set(_references(node)) | {(module, other) for other in _names(node)}
    return found


def _calls(tree: ast.AST) -> Iterator[Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            service = SERVICE_OF.get(_last_name(node.value).lstrip("_"))
            if service and node.attr in _operations(service):
                yield service, _operations(service)[node.attr]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):  # paginators are named by a string
            for service in ("s3", "sagemaker"):
                if node.value.startswith("list_") and node.value in _operations(service):
                    yield service, _operations(service)[node.value]


def _references(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(module of functions/aws, definition) pairs, whether written module.definition or imported by name."""
    modules = {path.stem for path in SHARED.glob("*.py")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.value.id, node.attr
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("functions.aws."):
            yield from (((node.module or "").rpartition(".")[2], alias.name) for alias in node.names)


@cache
def _definitions(module: str) -> dict[str, ast.AST]:
    tree = ast.parse((SHARED / f"{module}.py").read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@cache
def _operations(service: str) -> dict[str, str]:
    names = get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}
