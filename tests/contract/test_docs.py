"""The documents keep their word: what they name exists, what they show is accepted, what they explain is complete."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache

import pytest

from functions.label import label
from functions.lists import entry
from functions.score import batch, decisions
from model import expression, schema, vocabulary
from model.document import SchemaError
from model.field import ROLES, InvalidTransaction
from model.rules import RulesError
from model.rules_check import check
from tests.contract import prose, template
from tests.contract.prose import DOCUMENTS, ROOT
from tests.functions.artefacts import contract

README = ROOT / "README.md"
RULES = ROOT / "docs" / "rules.md"
SOURCES = ("model", "functions", "local")
SUFFIXES = "py|md|yaml|toml|txt|json|csv|csv.gz|tar.gz|html|log"
NUMBERED = {".cache/local.1"}  # the code counts up
AWS_TERMS = {  # words of AWS that are written like names of the template
    "AccessDenied",
    "BuildMethod",
    "CloudFormation",
    "CodeUri",
    "DynamoDB",
    "EventBridge",
    "LogicalId",
    "ManifestFile",
    "MiniStack",
    "RecursiveLoop",
    "SageMaker",
    "TrainingJobs",
    "UpdatedModelPackageFields",
}

by_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


@cache
def source() -> str:
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in [*files, ROOT / "Makefile", ROOT / "template.yaml"])


@cache
def usage(module: str, *command: str) -> str:
    call = [sys.executable, "-m", module, *command, "--help"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(call)}: {done.stderr}"
    return done.stdout


@by_document
def test_every_make_target_it_names_is_in_the_makefile(document):
    targets = set(re.findall(r"^([a-z-]+)%?:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", prose.code(document))) <= targets


def test_every_command_of_the_makefile_is_explained_where_users_look():
    commands = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", prose.code(README)))
    assert commands - named <= {"help", "lint", "unit", "e2e", "lock"}  # which `make` alone lists


@by_document
def test_every_link_leads_somewhere(document):
    for link in prose.links(document):
        assert (document.parent / link).exists(), link


@by_document
def test_every_path_it_names_is_in_the_tree_or_made_by_the_code(document):
    top = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    paths = {span for span in prose.spans(document) if re.fullmatch(rf"[\w.<>= /-]+(/|\.({SUFFIXES}))", span)}
    for path in paths - NUMBERED:
        if path.split("/")[0] in top:
            assert (ROOT / path).exists(), path
        elif not (document.parent / path).exists():
            last = path.rstrip("/").split("/")[-1]
            assert re.split("[<=]", last)[0] in source(), path


@by_document
def test_every_path_in_its_examples_is_in_the_tree(document):
    folders = "model|functions|local|events|docs|tests|bench"
    for path in re.findall(rf"(?<![\w/.])(?:{folders})/[\w/.-]*\w", "\n".join(prose.fences(document))):
        assert (ROOT / path).exists(), path


def test_every_prefix_of_the_bucket_is_one_that_the_code_uses():
    prefixes = re.findall(r"^\| `(\w+/)", prose.text(README).partition("in the bucket")[2], re.MULTILINE)
    assert len(prefixes) >= 5
    for prefix in prefixes:
        assert re.search(rf"[\"'/ ]{prefix}", source()), prefix


@by_document
def test_every_name_of_the_template_is_in_the_template(document):
    known = {name for part in ("Parameters", "Resources", "Outputs") for name in template.document()[part]}
    named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][A-Za-z]+)+\b", prose.code(document)))
    assert named <= known | AWS_TERMS


def test_every_function_it_names_is_in_the_template():
    deployed = {template.resolve(template.function(name)["FunctionName"]) for name in template.FUNCTIONS}
    code = "\n".join(map(prose.code, DOCUMENTS))
    named = re.findall(r"(?:--function-name |/aws/lambda/)([\w-]+)", code)
    assert named
    assert set(named) <= deployed


def test_every_path_of_the_api_it_names_is_in_the_template():
    served = template.routes("score") | template.routes("label") | template.routes("lists")
    named = re.findall(r"\b(GET|POST) (/[\w/{}-]+(?:\.json)?)", "\n".join(map(prose.code, DOCUMENTS)))
    assert {(method, re.sub(r"^(/decisions)/.+", r"\1/{transaction_id}", path)) for method, path in named} <= served


@pytest.mark.parametrize("module", ["model", "local"])
def test_every_command_line_it_shows_is_accepted(module):
    shown = [words[3:] for words in prose.commands(f"python -m {module} ")]
    assert shown
    for command, *words in shown:
        if words[:1] == ["|"]:
            continue  # a list of commands; see below
        for option in (word for word in words if word.startswith("--")):
            assert option in usage(module, command).split(), f"python -m {module} {command} {option}"


@pytest.mark.parametrize("module", ["model", "local"])
def test_every_list_of_commands_names_those_there_are(module):
    found = re.findall(rf"python -m {module} ((?:\w+ \| )+\w+)", "\n".join(map(prose.code, DOCUMENTS)))
    assert found
    for listed in found:
        assert all(usage(module, command) for command in listed.split(" | "))


@pytest.mark.parametrize("module", ["model", "local"])
def test_every_command_there_is_has_an_example_or_a_mention(module):
    (listed,) = re.findall(r"^usage: .* \{?([\w,|]+)\}? \.\.\.$", usage(module), re.MULTILINE)
    named = "\n".join(map(prose.code, DOCUMENTS))
    for command in re.split("[,|]", listed):
        assert re.search(rf"python -m {module} (?:\w+ \| )*{command}\b", named), command


def test_the_requests_it_shows_are_valid_by_the_shipped_schema():
    to_score, many, to_label = re.findall(r"-d '(\{.*?\})'", "\n".join(prose.fences(README)), re.DOTALL)
    assert schema.load().validate(json.loads(to_score)).id == "payment-1"
    good, bad = batch.read(json.loads(many))
    assert schema.load().validate(good).id == "payment-2"
    with pytest.raises(InvalidTransaction, match="amount: must be at least 0"):
        schema.load().validate(bad)
    (found,) = label.read(json.loads(to_label), datetime(2026, 11, 23, tzinfo=UTC))
    assert (found.transaction_id, found.label) == ("payment-1", "fraud")


def test_the_rules_it_shows_are_good_by_the_shipped_schema():
    shown = [text for document in DOCUMENTS for text in prose.fences(document) if text.startswith("rules:")]
    assert len(shown) >= 2
    for text in shown:
        assert check(text.encode(), "shown", contract("fraud-1")).rules


def test_the_mistake_it_shows_is_answered_so():
    (shown,) = [line for line in prose.fences(RULES) if line.startswith("config/rules.yaml: ")]
    rule = "rules:\n  - {name: old-and-large, when: customer_age > 60 && amount > 1, outcome: review}\n"
    with pytest.raises(RulesError) as refused:
        check(rule.encode(), "config/rules.yaml", contract("fraud-1"))
    assert str(refused.value) == shown.strip()


def test_the_list_entry_it_shows_is_valid_by_the_shipped_schema():
    (shown,) = re.findall(r"-d '(\{.*?\})'", "\n".join(prose.fences(RULES)), re.DOTALL)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert entry.read(json.loads(shown), schema.load(), now, lambda field, value: value).list == "deny"


def test_all_that_rules_read_call_and_leave_behind_is_explained():
    code = " ".join(prose.spans(RULES))
    words = [
        *vocabulary.OWN,
        *expression.MAPS,
        *expression.FUNCTIONS,
        *expression.METHODS,
        *decisions.NOTES,
        *entry.NAMES,
    ]
    assert [word for word in words if not re.search(rf"\b{word}\b", code)] == []


def test_every_key_of_the_schema_is_explained():
    """The parser itself says which keys it knows, when it meets one that it does not."""

    def known(section: str) -> list[str]:
        document = schema.load().to_dict() | {"costs": {"review": 4, "good_customer_blocked": 30}}
        target = document
        for key in section.split(".") if section else ():
            target = target[key]
        target["no-such-key"] = 1
        with pytest.raises(SchemaError) as refused:
            schema.Schema.from_dict(document)
        return str(refused.value).partition("expected one of ")[2].split(", ")

    explained = set(re.findall(r"`([^`]+)`", prose.text(ROOT / "docs" / "schema.md")))
    sections = {"timestamp", "transaction_id", "label", "thresholds", "costs", "gate", "history"}
    top = set(known("")) - sections - {"fields"}
    nested = {f"{section}.{key}" for section in sections for key in known(section)}
    rules = set(known("fields.amount"))
    assert len(rules) > 5
    assert top | nested | rules | set(ROLES) | set(schema.CALENDAR_FEATURES) | {"fields.<column>"} <= explained
