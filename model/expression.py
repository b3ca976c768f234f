"""The condition of a rule, in CEL: read strictly, bounded in what it can cost, compiled once.

What a condition may say is decided on its tokens, before the library sees it: no macros, no structures, no part of
anything but the two maps. So the time that it takes is bounded by its length and that of the texts it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from model import cel_library

if TYPE_CHECKING:
    from cel.cel import Context, Program

LONGEST = 2000  # characters
DEEPEST = 20  # brackets within brackets; the library goes to about 100
MOST_OPERATORS = 20  # each + may copy a text of 10,000 characters
MOST_PATTERNS = 5
LONGEST_PATTERN = 100
MAPS = ("features", "transaction")
FUNCTIONS = ("double", "int", "size", "string")
METHODS = ("contains", "endsWith", "matches", "size", "startsWith")
_WORDS = ("in", "true", "false", "null")
_RESERVED = (
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
)  # fmt: skip
_COUNTED = ("+", "-", "*", "/", "%", "?")
# A name next to a quote would be a raw text or bytes, two texts side by side a text of several lines.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>(?:'(?:[^'\\\r\n]|\\.)*'|"(?:[^"\\\r\n]|\\.)*")(?!['"\w]))
    |(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.'"]))
    |(?P<name>[A-Za-z_]\w*(?!['"]))
    |(?P<sign>==|!=|<=|>=|&&|\|\||[-+*%<>!?:()\[\].,]|/(?!/))""",
    re.VERBOSE | re.ASCII,
)

Path = tuple[str, ...]  # ("amount",) or ("features", "hour")


class ExpressionError(Exception):
    """The condition cannot be used, or has no answer for a transaction; the message says what was expected."""


class Token(NamedTuple):
    kind: str
    text: str


@dataclass(frozen=True)
class Condition:
    text: str
    paths: tuple[Path, ...]  # what it reads, in the order of its text
    literals: tuple[str | float, ...]
    program: Program

    @classmethod
    def compile(cls, text: str) -> Condition:
        tokens = _tokens(text)
        _refuse_costly(tokens)
        paths = tuple(dict.fromkeys(_paths(tokens)))
        literals = tuple(_literal(token) for token in tokens if token.kind in ("text", "number"))
        try:
            program = cel_library.load().compile(text)
        except ValueError as error:
            raise ExpressionError(f"expected CEL; {_complaint(error)}") from None
        return cls(text, paths, literals, program)

    def holds(self, context: Context) -> bool:
        try:
            answer = self.program.execute(context)
        except (TypeError, ValueError, LookupError, ArithmeticError, RuntimeError) as error:
            raise ExpressionError(str(error)) from None
        if not isinstance(answer, bool):
            raise ExpressionError("expected true or false as its result, such as amount > 1000")
        return answer


def context(values: Mapping[Path, Any]) -> Context:
    """What conditions are answered from; only what some condition reads need be among the values."""
    variables: dict[str, Any] = {}
    for path, value in values.items():
        if len(path) == 1:
            variables[path[0]] = value
        else:
            variables.setdefault(path[0], {})[path[1]] = value
    made: Context = cel_library.load().Context(variables=variables)
    return made


def is_name(text: str) -> bool:
    """Whether a field of this name can be read by its name alone."""
    return re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII) is not None and text not in (*_WORDS, *_RESERVED)


def written(path: Path) -> str:
    if len(path) == 1:
        return path[0]
    return ".".join(path) if is_name(path[1]) else f"{path[0]}['{path[1]}']"


def _tokens(text: str) -> list[Token]:
    if not text.strip() or len(text) > LONGEST:
        raise ExpressionError(f"expected a condition of 1 to {LONGEST} characters")
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"expected names, numbers, quoted texts and operators at character {place + 1}")
        if match.lastgroup and match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match[0]))
        place = match.end()
    return tokens


def _refuse_costly(tokens: list[Token]) -> None:
    signs = [token.text for token in tokens if token.kind == "sign"]
    depth = deepest = 0
    for sign in signs:
        depth += (sign in ("(", "[")) - (sign in (")", "]"))
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise ExpressionError(f"expected at most {DEEPEST} brackets within each other")
    if sum(sign in _COUNTED for sign in signs) > MOST_OPERATORS:
        raise ExpressionError(f"expected at most {MOST_OPERATORS} of {' '.join(_COUNTED)}")
    if tokens.count(Token("name", "matches")) > MOST_PATTERNS:
        raise ExpressionError(f"expected at most {MOST_PATTERNS} matches")


def _paths(tokens: list[Token]) -> Iterator[Path]:
    end = [Token("end", "")] * 4
    padded = [*end, *tokens, *end]
    for place in range(4, len(padded) - 4):
        kind, name = padded[place]
        before, after = padded[place - 1].text, padded[place + 1].text
        if kind != "name" or name in _WORDS:
            continue
        if after == "(":
            _check_call(name, before == ".", padded[place + 2 : place + 4])
        elif before == ".":
            if padded[place - 2].text not in MAPS or padded[place - 3].text == ".":
                raise ExpressionError(f".{name}: expected parts of {' and '.join(MAPS)} only")
        else:
            yield (name, *_part(name, padded[place + 1 : place + 4])) if name in MAPS else (name,)


def _part(name: str, following: list[Token]) -> Path:
    first, second, third = following
    if first.text == "." and second.kind == "name" and third.text != "(":
        return (second.text,)
    if first.text == "[" and second.kind == "text" and third.text == "]":
        return (str(_literal(second)),)
    raise ExpressionError(f"{name}: expected {name}.name or {name}['name']")


def _check_call(name: str, is_method: bool, following: list[Token]) -> None:
    known = METHODS if is_method else FUNCTIONS
    if name not in known:
        listed = f"text.{' text.'.join(METHODS)}" if is_method else " ".join(FUNCTIONS)
        raise ExpressionError(f"{name}(): unknown function; expected one of {listed}")
    if name != "matches":
        return
    pattern, closing = following
    if pattern.kind != "text" or closing.text != ")" or len(pattern.text) > LONGEST_PATTERN + 2:
        raise ExpressionError(f"matches: expected a quoted pattern of at most {LONGEST_PATTERN} characters")
    if set(pattern.text) & set("\\{}"):  # \w{100} compiles for a quarter of a second
        raise ExpressionError("matches: expected a pattern without \\ { }; write [.] for a dot and [0-9] for a digit")


def _literal(token: Token) -> str | float:
    if token.kind == "number":
        return float(token.text)
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def _complaint(error: ValueError) -> str:
    """The library shows the text and lists every token that could have stood there."""
    found = re.search(r"<input>:(\d+):(\d+): (.+?)( expecting .*)?$", str(error), re.MULTILINE)
    return f"line {found[1]}, character {found[2]}: {found[3]}" if found else "it cannot be read"
