"""template.yaml as data: intrinsic functions become {"Fn::Name": …} and can be resolved with values of a test's own."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PSEUDO = {
    "AWS::StackName": "fraud",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
FUNCTIONS = (
    "train",
    "deploy",
    "monitor",
    "backfill",
    "score",
    "label",
    "bulk",
    "rules",
    "lists",
    "forget",
    "archive",
    "teardown",
)


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's short forms."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def document() -> dict[str, Any]:
    return dict(yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader=_Loader))


def resources(kind: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document()["Resources"]
    return {name: resource for name, resource in found.items() if resource["Type"].startswith(kind)}


def properties(logical_id: str) -> dict[str, Any]:
    return dict(document()["Resources"][logical_id]["Properties"])


def function(name: str) -> dict[str, Any]:
    return properties(f"{name.capitalize()}Function")


def routes(name: str) -> set[tuple[str, str]]:
    """The paths of the API that a function serves."""
    events = function(name)["Events"].values()
    return {(one["Properties"]["Method"], one["Properties"]["Path"]) for one in events if one["Type"] == "Api"}


def policy(name: str) -> list[dict[str, Any]]:
    """The statements of a function's role."""
    (inline,) = properties(f"{name.capitalize()}Role")["Policies"]
    return list(inline["PolicyDocument"]["Statement"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def resolve(value: Any, **values: str) -> Any:
    """Ref, GetAtt and Sub with these values; what is not among them stays readable, as ${Name}."""
    known = PSEUDO | values

    def look_up(name: str) -> str:
        return known.get(name, f"${{{name}}}")

    if isinstance(value, list):
        return [resolve(item, **values) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return look_up(value["Ref"])
    if "Fn::GetAtt" in value:
        return look_up(value["Fn::GetAtt"])
    if "Fn::Sub" in value:
        return re.sub(r"\$\{([^}!]+)\}", lambda match: look_up(match[1]), value["Fn::Sub"])
    return {key: resolve(item, **values) for key, item in value.items()}
