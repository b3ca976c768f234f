"""The documents as data: their fenced examples, their `code`, their links."""

import re
import shlex
from pathlib import Path

from tests.contract.template import ROOT

DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "local" / "README.md", *sorted(ROOT.glob("docs/*.md")))
_FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def text(document: Path) -> str:
    return document.read_text("utf-8")


def fences(document: Path) -> list[str]:
    return _FENCE.findall(text(document))


def spans(document: Path) -> list[str]:
    """What stands between backticks in running text."""
    return re.findall(r"`([^`]+)`", _FENCE.sub("", text(document)))


def code(document: Path) -> str:
    return "\n".join(fences(document) + spans(document))


def links(document: Path) -> list[str]:
    return re.findall(r"\]\(([^)#\s]+)", text(document))


def commands(start: str) -> list[list[str]]:
    """Every command line of the documents that begins like this, as a shell would split it."""
    found = re.findall(rf"{re.escape(start)}[^\n`]*", "\n".join(map(code, DOCUMENTS)))
    return [shlex.split(line, comments=True) for line in found]
