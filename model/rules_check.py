"""Tries rules before they come into force: on made-up transactions, so that most mistakes are found here and not there.

A rule is tried with every value present, with all missing that may be missing, and with each of them missing alone;
the values are those that the rule itself names, and their neighbours, so that all of its parts get their turn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any

from model import expression, features, vocabulary
from model.contract import Contract
from model.expression import ExpressionError, Path, written
from model.field import Field
from model.rules import Problem, Rule, Rulebook, RulesError, read
from model.schema import Schema
from model.transaction import Transaction
from model.vocabulary import LIST, NUMBER, OUTCOMES, TEXT, WHOLE

MOST_MOODS = 24  # combinations of values
MOST_GAPS = 10  # values that are missing alone
SAMPLES = {"email": "1@example.com", "ip": "192.0.2.1", "time": "2026-01-01T00:00:00+00:00"}


def check(content: bytes, name: str, contract: Contract) -> Rulebook:
    """The rules of a file if all can be used under this contract; else RulesError says which cannot and why."""
    try:
        file = read(content)
    except RulesError as error:
        raise RulesError(f"{name}: {error}") from None
    book = file.fit(contract)
    known, optional = vocabulary.kinds(contract.schema), optional_paths(contract.schema)
    tried = [Problem(rule.name, reason) for rule in book.rules if (reason := _trial(rule, known, optional))]
    problems = [*book.left_out, *tried]
    if problems:
        raise RulesError("\n".join(f"{name}: {problem}" for problem in problems))
    return book


def optional_paths(schema: Schema) -> set[Path]:
    """What may be missing: optional fields, and features that are missing for somebody who was never seen."""
    values: dict[str, str | float | None] = {
        field.name: _sample(field) if field.required else None for field in schema.fields if field.role != "ignore"
    }
    computed = features.compute(schema, Transaction("example", datetime(2026, 1, 1, tzinfo=UTC), values))
    missing = {("features", name) for name, value in computed.items() if value is None}
    absent = [name for name, value in values.items() if value is None]
    return missing | {(name,) for name in absent} | {("transaction", name) for name in absent}


def _sample(field: Field) -> str | float:
    return 1.0 if field.numeric else SAMPLES.get(field.role, "x")


def _trial(rule: Rule, known: Mapping[Path, str], optional: set[Path]) -> str | None:
    """Why the rule is no good, None if it is."""
    kinds = {path: known[path] for path in rule.when.paths}
    may_miss = [path for path in kinds if path in optional]
    gaps = [(), tuple(may_miss), *((path,) for path in islice(may_miss, MOST_GAPS))]
    for gap, values in product(gaps, _moods(rule, kinds)):
        try:
            rule.when.holds(expression.context(values | dict.fromkeys(gap)))
        except ExpressionError as error:
            return f"when: {_missing(gap) if gap else _mismatch(error, kinds)}"
    return None


def _moods(rule: Rule, kinds: Mapping[Path, str]) -> list[dict[Path, Any]]:
    literals = rule.when.literals
    numbers = {1.0} | {one + step for one in literals if isinstance(one, float) for step in (-1, 0, 1)}
    texts = {"x"} | {one for one in literals if isinstance(one, str)}
    all_of_them = list(product(sorted(numbers), sorted(texts), (True, False)))
    chosen = random.Random(0).sample(all_of_them, min(MOST_MOODS, len(all_of_them)))  # noqa: S311 (no secret)
    return [dict(_values(kinds, *one)) for one in chosen]


def _values(kinds: Mapping[Path, str], number: float, text: str, listed: bool) -> Iterator[tuple[Path, Any]]:
    of_kind = {NUMBER: number, WHOLE: max(0, min(1000, int(number))), TEXT: text, LIST: [text] if listed else []}
    for path, kind in kinds.items():
        is_outcome = path == ("outcome",)
        yield path, OUTCOMES[0] if is_outcome and text not in OUTCOMES else of_kind[kind]


def _missing(gap: tuple[Path, ...]) -> str:
    names = " and ".join(map(written, islice(gap, 3)))
    return f"{names} may be missing; expected the rule to ask first: {written(gap[0])} != null && …"


def _mismatch(error: ExpressionError, kinds: Mapping[Path, str]) -> str:
    first = " ".join(str(error).split()).split(". ")[0]
    if "operation" not in first:
        return first
    read_here = ", ".join(f"{written(path)} is a {kind}" for path, kind in islice(kinds.items(), 5))
    return f"{first}. Here {read_here or 'it reads nothing'}; in arithmetic with numbers write 2.0, not 2"
