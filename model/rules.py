"""Decisions by rules: the first one that matches has the last word. docs/rules.md is their manual."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from model import expression, rehearsal, vocabulary
from model.contract import Contract
from model.document import SchemaError, Section
from model.expression import Condition, ExpressionError, written
from model.vocabulary import OUTCOMES, Facts

PACKAGED = Path(__file__).with_name("rules.yaml")
LARGEST = 128 * 1024  # bytes
MOST_RULES = 200
LONGEST_DESCRIPTION = 500
MOST_VALUES = 20  # of a match, in the kept decision
LONGEST_VALUE = 100


class RulesError(Exception):
    """The file as a whole, or some of its rules, cannot be used; a line each says which, and what was expected."""


@dataclass(frozen=True)
class Problem:
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.reason}"


@dataclass(frozen=True)
class Rule:
    name: str
    when: Condition
    outcome: str
    shadow: bool = False
    description: str = ""

    @classmethod
    def from_section(cls, section: Section) -> Rule:
        name = section.text("name")
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name) is None:
            raise SchemaError(f"{section.at('name')}: expected letters, digits, - and _, at most 60")
        outcome = section.choice("outcome", OUTCOMES)
        shadow, description = section.flag("shadow", False), section.text("description", "")
        when = section.text("when")
        section.refuse_unknown_keys()
        if len(description) > LONGEST_DESCRIPTION:
            raise SchemaError(f"{section.at('description')}: expected at most {LONGEST_DESCRIPTION} characters")
        try:
            return cls(name, Condition.compile(when), outcome, shadow, description)
        except ExpressionError as error:
            raise SchemaError(f"{section.at('when')}: {error}") from None


@dataclass(frozen=True)
class Match:
    rule: str
    outcome: str
    values: dict[str, Any]  # of what the rule reads


@dataclass(frozen=True)
class Verdict:
    outcome: str
    fired: Match | None
    shadows: tuple[Match, ...]
    errors: tuple[str, ...]  # rules that had no answer for this transaction


@dataclass(frozen=True)
class Rulebook:
    """Rules that fit a contract."""

    version: str
    rules: tuple[Rule, ...]
    left_out: tuple[Problem, ...] = ()

    def judge(self, facts: Facts) -> Verdict:
        values = {path: facts.value(path) for rule in self.rules for path in rule.when.paths}
        context = expression.context(values)
        fired: Match | None = None
        shadows, errors = list[Match](), list[str]()
        for rule in self.rules:
            if fired is not None and not rule.shadow:
                continue
            try:
                if not rule.when.holds(context):
                    continue
            except ExpressionError:
                errors.append(rule.name)
                continue
            match = Match(rule.name, rule.outcome, _shown(rule, facts))
            if rule.shadow:
                shadows.append(match)
            else:
                fired = match
        forced = rehearsal.forced_outcome(facts.transaction.id)
        if forced:
            return Verdict(forced, None, tuple(shadows), tuple(errors))
        outcome = fired.outcome if fired else facts.decision.outcome
        return Verdict(outcome, fired, tuple(shadows), tuple(errors))


@dataclass(frozen=True)
class RulesFile:
    """A file whose form is right. Rules that are not are told, and are no reason to do without the others."""

    version: str
    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]

    def fit(self, contract: Contract) -> Rulebook:
        """Without the rules that read what transactions of this model do not have."""
        known = vocabulary.kinds(contract.schema)
        unfit = {
            rule.name: Problem(rule.name, vocabulary.unknown(path, known))
            for rule in self.rules
            for path in rule.when.paths
            if path not in known
        }
        fitting = tuple(rule for rule in self.rules if rule.name not in unfit)
        return Rulebook(self.version, fitting, (*self.problems, *unfit.values()))


def version_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def read(content: bytes) -> RulesFile:
    rules, problems = list[Rule](), list[Problem]()
    for name, section in _sections(content):
        try:
            rule = Rule.from_section(section)
        except SchemaError as error:
            problems.append(Problem(name, str(error)))
            continue
        if any(rule.name == other.name for other in rules):
            problems.append(Problem(name, "name: expected another than the rules before it have"))
        else:
            rules.append(rule)
    return RulesFile(version_of(content), tuple(rules), tuple(problems))


def _sections(content: bytes) -> Iterator[tuple[str, Section]]:
    """Each rule, and what to call it when it is wrong."""
    from model import plain_yaml  # costs 30 ms, and is needed when rules change

    if len(content) > LARGEST:
        raise RulesError(f"expected at most {LARGEST} bytes, not {len(content)}")
    try:
        document = plain_yaml.read(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RulesError("is not UTF-8 text") from None
    except plain_yaml.PlainYamlError as error:
        raise RulesError(str(error)) from None
    listed = document.get("rules") if isinstance(document, dict) and document.keys() == {"rules"} else None
    if listed == "" or listed == []:
        return
    if not isinstance(listed, list):
        raise RulesError("expected the key rules alone, with a list of rules below it")
    if len(listed) > MOST_RULES:
        raise RulesError(f"expected at most {MOST_RULES} rules, not {len(listed)}")
    for place, item in enumerate(listed, start=1):
        name = item.get("name") if isinstance(item, dict) else None
        called = ascii(name)[1:-1][:80] if isinstance(name, str) and name else f"number {place}"
        yield called, Section(item if isinstance(item, dict) else {})


def _shown(rule: Rule, facts: Facts) -> dict[str, Any]:
    shown = {}
    for path in islice(rule.when.paths, MOST_VALUES):
        value = facts.shown(path)
        shown[written(path)] = value[:LONGEST_VALUE] if isinstance(value, str) else value
    return shown
