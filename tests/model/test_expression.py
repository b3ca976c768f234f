"""What a condition may say is decided before the library sees it, and what it may say ends soon, whatever it says."""

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies

from model.expression import FUNCTIONS, LONGEST, METHODS, Condition, ExpressionError, context
from tests.model.conftest import ROOT

NAMES = {("a",): 1.5, ("n",): None, ("s",): "x" * 10_000, ("i",): 7, ("l",): ["a"], ("features", "x"): 2.0}
SOON = pytest.mark.timeout(20)  # seconds; thousands of times what a condition takes


def answer(text: str) -> bool:
    return Condition.compile(text).holds(context(NAMES))


@pytest.mark.parametrize(
    "text",
    [
        "a > 1",
        "a > 1.2 && i > 5",
        "a == 1.5",
        "n == null",
        "'a' in l",
        "size(l) > 0",
        "a in [1.5, 2.5]",
        "!(s.startsWith('y'))",
        "s.contains('x') && s.endsWith('x') && s.size() == 10000",
        "s.matches('^[x]+$')",
        "features.x == features['x'] && features . x * 2.0 > 3.9",
        "a > 1.0 ? true : false",
        "double(i) / 2.0 > 3.4 && int(a) % 2 == 1 && string(i) == '7'",
        "-a < -1.0",
        "n != \"it's\" && n != 'a \\' b' && n != \"ü\"",
        "n > 1.0 || true",
        "  a\n>\t1 ",
    ],
)
def test_a_condition_is_answered(text):
    assert answer(text) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1 to 2000 characters"),
        ("a > 1 " * 400, "1 to 2000 characters"),
        ("a >", "expected CEL; line 1, character 4: Syntax error"),
        ("for > 1", "reserved identifier: for"),
        ("a > 1 // why", "at character 7"),
        ("a; b", "at character 2"),
        ("r'a' == s", "at character 1"),
        ("b'a' == s", "at character 1"),
        ("'''a''' == s", "at character 1"),
        ("'a", "at character 1"),
        ("'a\nb' == s", "at character 1"),
        ("5u > 1", "at character 1"),
        ("0x1F > 1", "at character 1"),
        ("{'a': 1}.a == 1", "at character 1"),
        ("a\u00a0> 1", "at character 2"),
        ("has(features.x)", "has(): unknown function; expected one of double int size string"),
        ("[1].map(a, a) == l", "map(): unknown function; expected one of text.contains"),
        ("l.all(x, x == 'a')", "all(): unknown function"),
        ("l . exists (x, true)", "exists(): unknown function"),
        ("matches(s, 'a')", "matches(): unknown function"),
        ("timestamp('2026-01-01T00:00:00Z') == a", "timestamp(): unknown function"),
        ("a.b > 1", ".b: expected parts of features and transaction only"),
        ("features.x.y > 1", ".y: expected parts of features and transaction only"),
        ("a.features.x > 1", ".features: expected parts"),
        ("features > 1", "features: expected features.name or features['name']"),
        ("'x' in features", "features: expected features.name"),
        ("features[s] > 1", "features: expected features.name"),
        ("features.size() > 1", "features: expected features.name"),
        ("s.matches(s)", "matches: expected a quoted pattern"),
        ("s.matches('a' + 'b')", "matches: expected a quoted pattern"),
        (f"s.matches('{'a' * 101}')", "matches: expected a quoted pattern of at most 100 characters"),
        ("s.matches('a{1000}')", "matches: expected a pattern without"),
        ("s.matches('\\\\w')", "matches: expected a pattern without"),
        (" && ".join(["s.matches('a')"] * 6), "at most 5 matches"),
        ("+".join(["s"] * 22), "at most 20 of + - * / % ?"),
        ("(" * 21 + "true" + ")" * 21, "at most 20 brackets"),
        ("[" * 900 + "]" * 900, "at most 20 brackets"),
    ],
)
def test_what_a_condition_cannot_say_is_told(text, expected):
    with pytest.raises(ExpressionError) as refused:
        Condition.compile(text)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "n > 1.0",
        "a + 1 > 2.0",
        "a > 'x'",
        "i / 0 > 1",
        "9223372036854775807 + 1 > 0",
        "int(1e300) > 0",
        "l[5] == 'a'",
        "unknown > 1",
        "s.matches('(')",
        "a",
        "n",
        "'a'",
        "a ? true : false",
        "double(s) > 1.0",
    ],
)
def test_what_has_no_answer_is_an_error_of_its_own_kind(text):
    with pytest.raises(ExpressionError):
        answer(text)


@SOON
@pytest.mark.parametrize(
    "text",
    [
        "!" * 1990 + "true",
        "-" * 20 + "1 < 5",
        "||".join(["a>9"] * 390),
        "&&".join(["a>1"] * 390),
        "==".join(["s"] * 650),
        "s in [" + ",".join(["s"] * 650) + "]",
        "+".join(["s"] * 21) + " == s",
        " && ".join(["s.contains(s)"] * 120),
        " || ".join([f"s.matches('{'[^x]' * 25}')"] * 5),
        " || ".join([f"s.matches('{'.' * 99}y')"] * 5),
        "s.matches('" + "(" * 45 + "x*" + ")*" * 26 + "')",
        "s.matches('(x+x+)+y')",
        "a > " + "1" * 1990,
        "'" + "x" * 1990 + "' == s",
        "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]] == l",
        "a" * 2000,
    ],
    ids=lambda text: text[:25],
)
def test_costly_conditions_end_soon(text):
    with suppress(ExpressionError):
        answer(text)


ATOMS = ["a", "n", "s", "i", "l", "features.x", "features['x']", "1", "0", "1.5", "9223372036854775807", "1e308", "'x'"]
ATOMS += [
    "''",
    "'(['",
    "'\\''",
    '"a\\"b"',
    "true",
    "null",
    "[]",
    "[1, 'a']",
    "for",
    "b",
    "r",
    "\ud800",
    "''''",
    "//",
    "{}",
]
SIGNS = ["+", "-", "*", "/", "%", "<", ">", "<=", "==", "!=", " in ", "&&", "||", "?", ":", ".", ",", "!"]
CALLS = [f"{name}(" for name in FUNCTIONS] + [f".{name}(" for name in METHODS] + [".map(a,", "has(", "[1].all(a,"]
PIECES = strategies.sampled_from([*ATOMS, *SIGNS, *CALLS, "(", ")", "[", "]", " ", "\n"])


@given(strategies.lists(PIECES, max_size=60).map("".join) | strategies.text(max_size=200))
@settings(max_examples=600, deadline=None)
def test_no_condition_raises_anything_else_or_reads_what_it_does_not_name(text):
    try:
        condition = Condition.compile(text)
    except ExpressionError:
        return
    assert {path[0] for path in condition.paths} == set(condition.program.variables())
    with suppress(ExpressionError):
        assert isinstance(condition.holds(context(NAMES)), bool)


def expressions(inner):
    pairs = strategies.tuples(inner, strategies.sampled_from(SIGNS[:13]), inner).map("({0[0]}{0[1]}{0[2]})".format)
    calls = strategies.tuples(strategies.sampled_from(FUNCTIONS), inner).map("{0[0]}({0[1]})".format)
    methods = strategies.tuples(inner, strategies.sampled_from(METHODS), inner).map("({0[0]}).{0[1]}({0[2]})".format)
    choices = strategies.tuples(inner, inner, inner).map("({0[0]}?{0[1]}:{0[2]})".format)
    return pairs | calls | methods | choices | inner.map("-({})".format) | inner.map("[{}]".format)


@given(
    strategies.recursive(strategies.sampled_from(ATOMS[:20]), expressions, max_leaves=12),
    strategies.dictionaries(
        strategies.sampled_from("ansil"),
        strategies.sampled_from([float("nan"), float("inf"), -1.0, 0.0, "", "ü", None, -(2**63), 2**63 - 1, [], True]),
    ),
)
@settings(max_examples=600, deadline=None)
def test_no_value_makes_a_condition_raise_anything_else(text, values):
    with suppress(ExpressionError):
        condition = Condition.compile(text)
        assert isinstance(condition.holds(context(NAMES | {(name,): value for name, value in values.items()})), bool)


def test_the_extension_is_loaded_once_and_alone_however_many_ask_for_it_at_once():
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from model.expression import Condition, context
sys.setswitchinterval(1e-6)
start = Barrier(8)
def ask(_):
    start.wait()
    return Condition.compile("1 < 2").holds(context({}))
print(all(ThreadPoolExecutor(8).map(ask, range(8))), *({"cel", "typer", "rich"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "True\n", done.stderr


def test_the_longest_condition_is_taken():
    assert answer("a > 1" + " " * (LONGEST - 5))
